"""Whether this process lives, and whether it can serve; for probes, so without sign-in."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is looked at."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and has every migration of this code."""
    try:
        waiting = unapplied()
    except DatabaseError:
        return not_ready("The database does not answer.")
    if waiting:
        return not_ready(f"{waiting} migrations are not applied; run manage.py migrate.")
    return JsonResponse({"status": "ok"})


def unapplied() -> int:
    """How many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def not_ready(detail: str) -> JsonResponse:
    """503, so that no traffic is sent here."""
    return JsonResponse({"type": "not-ready", "detail": detail, "errors": []}, status=503)
