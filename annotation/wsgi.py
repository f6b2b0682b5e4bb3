"""The web process."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation.settings")

application = get_wsgi_application()
# All views are loaded here, once, and shared by the processes forked from this one: otherwise each loads them for its
# first request, and one that replaces a dead process keeps people waiting.
urls = get_resolver().url_patterns
