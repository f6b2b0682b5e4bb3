"""Queues: their progress, and the rules that managers set."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.actions import queues as actions
from annotation.errors import Refused
from annotation.middleware import wants_fragment
from annotation.models import Queue, Role
from annotation.queries import progress
from annotation.queries import queues as found
from annotation.views import access
from annotation.views.fields import Minutes, Percent
from annotation.views.live import mark, page_or_part

READERS = (Role.MANAGER, Role.ENGINEER, Role.REVIEWER)
RULES = tuple(field for field in actions.SETTABLE if field not in ("name", "kind"))


class QueueForm(forms.Form):
    """Every rule of a queue, each with what it does in one line."""

    name = forms.CharField(max_length=120, help_text="What annotators see on their page.")
    kind = forms.ChoiceField(
        choices=[("compare", "compare two runs"), ("correct", "correct one run")],
        help_text="What people are asked. It cannot be changed later.",
    )
    overlap = forms.IntegerField(
        label="People per item", min_value=1, max_value=50, help_text="How many people answer every item."
    )
    second_share = Percent(
        label="One more person on (%)",
        help_text="Share of items that one more person answers, so that agreement can be measured.",
    )
    lease_seconds = Minutes(
        label="Lease (minutes)",
        help_text="How long an item is kept for one person who does nothing; it goes on while they work.",
    )
    batch_size = forms.IntegerField(
        min_value=1, max_value=10_000, help_text="How many items are drawn from the pool at a time."
    )
    exploration_share = Percent(
        label="Drawn at random (%)",
        help_text="Share of each batch drawn at random instead of by doubt; figures about all items rest on it.",
    )
    gold_share = Percent(
        label="Known answers (%)", help_text="Share of what a person sees whose answer is known, mixed in unseen."
    )
    repeat_share = Percent(
        label="Repeats (%)",
        help_text="Share of answers that are asked again with the sides swapped, to see how steady people are.",
    )
    repeat_after_hours = forms.IntegerField(
        label="Repeat after (hours)", min_value=0, max_value=24 * 365, help_text="How long to wait before a repeat."
    )
    daily_quota = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="The most items one person gets in a day; empty for no limit.",
    )


@login_required
@require_GET
def queues(request: HttpRequest, slug: str) -> HttpResponse:
    """All queues of the project."""
    project, held = access.project(request, slug, *READERS)
    rows = found.listed(project, now=timezone.now())
    return render(request, "queues/list.html", {"project": project, "held": held, "rows": rows})


@login_required
@require_GET
def queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    """One queue: progress, rules, and for managers who did how much."""
    row, held = access.row(request, Queue.objects.all(), queue_id, *READERS)
    now = timezone.now()
    counted = progress.queue(row)
    context = {
        "project": row.project,
        "section": "queues",
        "queue": row,
        "held": held,
        "progress": counted,
        "today": found.today(row, now=now),
        "people": found.people(row, now=now) if Role.MANAGER in held else [],
        "form": QueueForm(initial=rules_of(row)),
        "expected": found.expected(rules_of(row)),
        "is_running": row.paused_at is None and bool(counted["open"] or counted["lent"]),
    }
    return page_or_part(request, "queues/page.html", "progress", context, mark(counted, context["today"]))


@login_required
@require_http_methods(["GET", "POST"])
def queue_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new queue; the preview says what its rules would ask."""
    project, _ = access.project(request, slug, Role.MANAGER)
    form = QueueForm(request.POST or None, initial=rules_of(Queue()))
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            made = actions.create(
                project=project, actor=access.person(request), now=timezone.now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"{made.name} is open; its pool is being filled.")
            return redirect("queue", made.pk)
    return edit(request, form, {"project": project})


@login_required
@require_http_methods(["GET", "POST"])
def queue_edit(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Other rules for what is drawn from now on."""
    row, _ = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    form = QueueForm(request.POST or None, initial=rules_of(row))
    form.fields["kind"].disabled = True
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            actions.change(queue=row, actor=access.person(request), now=timezone.now(), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
            row.refresh_from_db()
        else:
            messages.success(request, "The new rules hold for what is drawn from now on.")
            return redirect("queue", row.pk)
    return edit(request, form, {"project": row.project, "queue": row})


def edit(request: HttpRequest, form: QueueForm, context: dict[str, Any]) -> HttpResponse:
    """The form with what its rules would ask."""
    has_errors = form.is_bound and not form.is_valid()
    rules = {**form.initial, **(form.cleaned_data if form.is_bound else {})}
    context |= {"section": "queues", "form": form, "expected": None if has_errors else found.expected(rules)}
    if wants_fragment(request):
        return render(request, "queues/form.html#expected", context)
    return render(request, "queues/form.html", context, status=422 if has_errors else 200)


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


def rules_of(row: Queue) -> dict[str, Any]:
    """The queue's rules by name; those of an unsaved one are the defaults."""
    return {field: getattr(row, field) for field in actions.SETTABLE}
