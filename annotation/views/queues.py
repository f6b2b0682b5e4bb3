"""Queues: how far each is, how fast it moves, who works in it, and the rules behind it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.actions import queues as actions
from annotation.middleware import wants_fragment
from annotation.models import Queue, Role
from annotation.queries import agreement, eligible, latency, pace
from annotation.queries import queues as found
from annotation.views import access, tables
from annotation.views.live import is_known, mark, page_or_part
from annotation.views.queue_files import queue_file
from annotation.views.queue_form import QueueForm, initial

READERS = (Role.MANAGER, Role.ENGINEER, Role.REVIEWER)
COLUMNS = (
    "queue", "kind", "paused", "answered", "asked for", "today", "open", "lent out", "items", "in the pool",
    "oldest waiting",
)  # fmt: skip


@login_required
@require_GET
def queues(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All queues of the project."""
    project, held = access.project(request, slug, *READERS)
    rows = found.listed(project, now=timezone.now())
    if tables.is_wanted(request):
        return tables.csv_file(f"queues-{project.slug}", COLUMNS, map(line, rows))
    return render(request, "queues/list.html", {"project": project, "held": held, "rows": rows})


def line(listed: dict[str, Any]) -> tuple[Any, ...]:
    """One queue of the file."""
    row, progress = listed["queue"], listed["progress"]
    return (
        row.name, row.kind, row.paused_at is not None, progress["done"], progress["places"], listed["today"],
        progress["open"], progress["lent"], progress["items"], progress["pool"], progress["oldest"],
    )  # fmt: skip


@login_required
@require_GET
def queue(request: HttpRequest, queue_id: int) -> HttpResponseBase:
    """One queue: progress, pace, agreement, latency, rules, and for managers who did how much; each table as a file."""
    row, held = access.row(request, Queue.objects.all(), queue_id, *READERS)
    now = timezone.now()
    is_manager = Role.MANAGER in held
    if tables.is_wanted(request):
        return queue_file(row, request.GET.get("table", "people"), is_manager=is_manager, now=now)
    counted, today = found.counted(row), found.today(row, now=now)
    seen = mark(counted, today)
    if is_known(request, seen):
        return HttpResponse(status=204)
    context = {
        "project": row.project,
        "section": "queues",
        "queue": row,
        "held": held,
        "progress": counted,
        "today": today,
        "people": found.people(row, now=now) if is_manager else [],
        "leases": found.leases(row) if is_manager else [],
        "is_running": row.paused_at is None and bool(counted["open"] or counted["lent"]),
    }
    is_part = request.GET.get("part") == "figures"
    if is_part or not (counted["is_large"] or wants_fragment(request)):
        context |= figures(row, counted, now=now)
    if is_part and wants_fragment(request):
        return render(request, "queues/_figures.html", context)
    if not wants_fragment(request):
        context |= rules(row, is_manager=is_manager) | {"is_for_nobody": eligible.is_for_nobody(row)}
    return page_or_part(request, "queues/page.html", "progress", context, seen)


def figures(row: Queue, counted: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Pace, estimated end, agreement over time, and how long feedback takes; of a large queue up to two minutes old."""
    key = f"queue-figures-{row.pk}"
    kept: dict[str, Any] | None = cache.get(key) if counted["is_large"] else None
    if kept is None:
        kept = computed(row, counted, now=now)
        if counted["is_large"]:
            cache.set(key, kept, timeout=120)
    return kept


def computed(row: Queue, counted: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The figures as they are now."""
    speed = pace.pace(row, now=now)
    end = pace.end(speed.counting, found.remaining(row, counted), now=now)
    return {
        "days": [(f"{day.day} {day:%b}", count) for day, count in speed.days],
        "hours": [(f"{hour:%H}:00", count) for hour, count in speed.hours],
        "has_answers": any(count for _, count in speed.days),
        "end": end,
        "against_due": pace.against_due(end, row.due_on),
        "agreement": agreement.over_time(row, now=now),
        "latency": latency.of(row, now=now),
    }


def rules(row: Queue, *, is_manager: bool) -> dict[str, Any]:
    """The rules in words, under their headings; who is named is for managers."""
    named = list(row.named_people.values_list("pk", flat=True)) if is_manager else []
    form = QueueForm(row.project, initial=initial(row, named), is_new=False)
    return {"rules": form.told(with_people=is_manager), "expected": found.expected(initial(row, named))}


@login_required
@require_POST
def queue_pause(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Lend nothing more for now."""
    row, _ = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    actions.pause(queue=row, actor=access.person(request), now=timezone.now())
    messages.success(request, f"{row.name} is paused; what is lent out can still be answered.")
    return redirect("queue", row.pk)


@login_required
@require_POST
def queue_resume(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Lend again."""
    row, _ = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    actions.resume(queue=row, actor=access.person(request), now=timezone.now())
    messages.success(request, f"{row.name} goes on.")
    return redirect("queue", row.pk)
