"""The audit log and the cost ledger: what was decided, and what was spent."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotation.middleware import wants_fragment
from annotation.models import Role
from annotation.queries import charges
from annotation.views import access
from annotation.views.pages import page


@login_required
@require_GET
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """Who decided what and when, newest first; `verb` narrows it to one kind of decision."""
    project, held = access.project(request, slug, Role.MANAGER)
    verb = request.GET.get("verb", "")
    rows = project.events.select_related("actor")
    shown = page(request, rows.filter(verb=verb) if verb else rows)
    verbs = project.events.order_by("verb").values_list("verb", flat=True).distinct()
    context = {"project": project, "held": held, "page": shown, "verb": verb, "verbs": verbs}
    template = "events/list.html#events-table" if wants_fragment(request) else "events/list.html"
    return render(request, template, context)


@login_required
@require_GET
def cost(request: HttpRequest, slug: str) -> HttpResponse:
    """What was spent, by kind and by day."""
    project, held = access.project(request, slug, Role.MANAGER, Role.ENGINEER)
    kinds = charges.by_kind(project)
    context = {
        "project": project,
        "held": held,
        "kinds": kinds,
        "total": sum(row["total"] for row in kinds),
        "days": charges.by_day(project, now=timezone.now()),
    }
    return render(request, "charges/list.html", context)
