"""The overview of a project."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotation.models import Role
from annotation.queries import assignments, projects
from annotation.views import access
from annotation.views.live import mark, page_or_part


@login_required
@require_GET
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """What a person may see of the project at a glance."""
    found, held = access.project(request, slug, *access.EVERYBODY)
    now = timezone.now()
    desk = assignments.desk(access.person(request), now=now) if Role.ANNOTATOR in held else []
    context = {
        "project": found,
        "held": held,
        "is_busy": projects.is_busy(found),
        "lines": next((entry["queues"] for entry in desk if entry["project"] == found), []),
        **projects.overview(found, held, now=now),
    }
    seen = mark([context.get(name) for name in ("queues", "traces", "champion")], states(context))
    return page_or_part(request, "projects/page.html", "overview", context, seen)


def states(context: dict[str, Any]) -> list[Any]:
    """How far the newest release and run are."""
    return [(one.pk, one.state) for one in (context.get("release"), context.get("run")) if one]
