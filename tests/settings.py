"""The product's settings for tests: a server, a folder and a database of their own, and cheap passwords."""

import os
import tempfile

# As manage.py does it, and before numpy is loaded: on a busy machine BLAS threads spin against one another.
for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
# Both before the product's settings are read; subprocesses of tests inherit them.
os.environ.setdefault("FLYWHEEL_PG_DIR", ".pg-test")
_folder = tempfile.TemporaryDirectory(prefix="flywheel-tests-")
os.environ.setdefault("FLYWHEEL_STATE_DIR", _folder.name)

from annotation.settings import *  # noqa: E402, F403
from annotation.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

if "FLYWHEEL_TEST_DB" in os.environ:
    DATABASES["default"]["TEST"] = {"NAME": os.environ["FLYWHEEL_TEST_DB"]}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns without it
AXES_ENABLED = False  # the test of login throttling switches it on
DATABASES["default"]["OPTIONS"] = {}  # no pool: tests of concurrency hold more connections than a web process may
