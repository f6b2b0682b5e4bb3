"""The audit log and the cost ledger: what was decided, and what was spent."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotation.middleware import wants_fragment
from annotation.models import Event, Role
from annotation.queries import charges
from annotation.views import access, tables
from annotation.views.pages import page

EVENT_COLUMNS = ("what", "who", "row", "detail", "when")
COST_COLUMNS = ("day", "kind", "quantity", "unit", "dollars")


@login_required
@require_GET
def audit(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Who decided what and when, newest first; `verb` narrows it to one kind of decision."""
    project, held = access.project(request, slug, Role.MANAGER)
    verb = request.GET.get("verb", "")
    rows = project.events.select_related("actor")
    wanted = rows.filter(verb=verb) if verb else rows
    if tables.is_wanted(request):
        return tables.csv_file(f"audit-{project.slug}", EVENT_COLUMNS, map(line, wanted.order_by("pk").iterator(2000)))
    shown = page(request, wanted)
    verbs = project.events.order_by("verb").values_list("verb", flat=True).distinct()
    context = {"project": project, "held": held, "page": shown, "verb": verb, "verbs": verbs}
    template = "events/list.html#events-table" if wants_fragment(request) else "events/list.html"
    return render(request, template, context)


def line(event: Event) -> tuple[Any, ...]:
    """One line of the file."""
    who = event.actor.get_username() if event.actor else "the system"
    return event.verb, who, event.subject, json.dumps(event.detail, ensure_ascii=False), event.created_at


@login_required
@require_GET
def cost(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What was spent, by kind and by day."""
    project, held = access.project(request, slug, Role.MANAGER, Role.ENGINEER)
    kinds, days = charges.by_kind(project), charges.by_day(project, now=timezone.now())
    if tables.is_wanted(request):
        lines = ((row["day"], row["kind"], row["quantity_of"], row["unit"], row["total"]) for row in days)
        return tables.csv_file(f"cost-{project.slug}", COST_COLUMNS, lines)
    context = {
        "project": project,
        "held": held,
        "kinds": kinds,
        "total": sum(row["total"] for row in kinds),
        "days": days,
    }
    return render(request, "charges/list.html", context)
