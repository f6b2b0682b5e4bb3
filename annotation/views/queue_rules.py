"""The rules of a queue on one page: what each does, and a preview of what all of them would do."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation.actions import queue_rules as actions
from annotation.actions import retargets
from annotation.errors import Refused
from annotation.middleware import wants_fragment
from annotation.models import Project, Queue, Role
from annotation.queries import previews
from annotation.views import access
from annotation.views.queue_form import QueueForm, initial


@login_required
@require_http_methods(["GET", "POST"])
def queue_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new queue; the preview says what its rules would ask."""
    project, _ = access.project(request, slug, Role.MANAGER)
    form = QueueForm(project, request.POST or None, initial=initial(Queue(), []))
    if is_sent(request, form):
        try:
            made = actions.establish(
                project=project,
                rules=form.rules(),
                people=form.cleaned_data["named_people"],
                actor=access.person(request),
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"{made.name} is open; its pool is being filled.")
            return redirect("queue", made.pk)
    return edit(request, form, project, Queue(project=project))


@login_required
@require_http_methods(["GET", "POST"])
def queue_edit(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Other rules for what is drawn from now on, and if wanted for what is drawn already."""
    row, _ = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    form = QueueForm(row.project, request.POST or None, initial=initial(row, named(row)), is_new=False)
    if is_sent(request, form):
        try:
            actions.revise(
                queue=row,
                rules=form.rules(),
                people=form.cleaned_data["named_people"],
                is_applied=form.cleaned_data["is_applied"],
                actor=access.person(request),
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
            row.refresh_from_db()
        else:
            messages.success(request, saved(form.cleaned_data["is_applied"]))
            return redirect("queue", row.pk)
    return edit(request, form, row.project, row)


def is_sent(request: HttpRequest, form: QueueForm) -> bool:
    """Whether the rules are to be kept, not only tried."""
    return request.method == "POST" and form.is_valid() and "preview" not in request.POST


def saved(is_applied: bool) -> str:
    """What the new rules hold for."""
    if is_applied:
        return "The new rules hold, and items that were drawn already ask as many people as they say."
    return "The new rules hold for what is drawn from now on."


def named(queue: Queue) -> list[int]:
    """The people the queue is for; nobody is everybody."""
    return list(queue.named_people.values_list("pk", flat=True))


def edit(request: HttpRequest, form: QueueForm, project: Project, queue: Queue) -> HttpResponse:
    """The form with what its rules would do."""
    is_good = not form.is_bound or form.is_valid()
    context = {
        "project": project,
        "queue": queue if queue.pk else None,
        "section": "queues",
        "form": form,
        **(preview(form, queue) if is_good else {}),
    }
    if wants_fragment(request):
        return render(request, "queues/form.html#expected", context)
    return render(request, "queues/form.html", context, status=200 if is_good else 422)


def preview(form: QueueForm, queue: Queue) -> dict[str, Any]:
    """What the rules in the form would do; those of a form that was not sent are the queue's own."""
    people: Collection[int] = form.initial["named_people"]
    if form.is_bound:
        people = [person.pk for person in form.cleaned_data["named_people"]]
    rules = form.rules()
    return {
        "preview": previews.preview(queue, rules, named=people, now=timezone.now()),
        "shift": retargets.shift(previews.under(queue, rules)) if queue.pk else None,
        "is_applied": form.is_bound and form.cleaned_data.get("is_applied", False),
    }
