"""The yardstick: a Django + DRF pair of views with one SQL statement each; no sessions, no permissions, no audit.

WSGI: `tests.benchmarks.peer.baseline:application`; DATABASE_URL names its database, which peer/bare.py fills.
"""

import os
from typing import Any

import dj_database_url
import django
from django.conf import settings

if not settings.configured:
    database = dict(dj_database_url.parse(os.environ.get("DATABASE_URL", "postgres://postgres@/baseline")))
    settings.configure(
        DEBUG=False,
        SECRET_KEY="bench-only",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        INSTALLED_APPS=["rest_framework"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATABASES={"default": {**database, "CONN_MAX_AGE": None}},
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "UNAUTHENTICATED_USER": None,
        },
    )
    django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


def sent(request: Request) -> dict[str, Any]:
    """The body, an object."""
    found: Any = request.data
    return dict(found)


class Next(APIView):
    """POST /next {"who": n}: claim with SKIP LOCKED."""

    def post(self, request: Request) -> Response:
        """One open task, or 204."""
        with connection.cursor() as sql:
            sql.execute(
                "UPDATE bench_task SET state=1, claimed_by=%s, claimed_at=now() WHERE id = "
                "(SELECT id FROM bench_task WHERE state=0 ORDER BY id "
                " FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, payload",
                [int(sent(request)["who"])],
            )
            row = sql.fetchone()
        if row is None:
            return Response(status=204)
        return Response({"id": row[0], "data": row[1]})


class Submit(APIView):
    """POST /submit {"who", "id", "choice"}."""

    def post(self, request: Request) -> Response:
        """Store one judgement."""
        given = sent(request)
        with transaction.atomic(), connection.cursor() as sql:
            sql.execute(
                "WITH j AS (INSERT INTO bench_judgement (task_id, annotator, choice) "
                "VALUES (%s,%s,%s)) UPDATE bench_task SET state=2 WHERE id=%s",
                [given["id"], int(given["who"]), given["choice"], given["id"]],
            )
        return Response({"ok": True}, status=201)


urlpatterns = [path("next", Next.as_view()), path("submit", Submit.as_view())]
application = get_wsgi_application()
