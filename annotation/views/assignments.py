"""The annotate screen: the item on the desk and the way to the next one; its draft and its lease."""

import json
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.actions import assignments, drafts
from annotation.errors import Refused
from annotation.middleware import wants_fragment
from annotation.models import Assignment, Draft, Queue, QueueKind, Round
from annotation.queries import assignments as work
from annotation.queries import choices, comparisons, corrections, progress, sides
from annotation.task_types.registry import KINDS
from annotation.views import access
from annotation.views.forms import typed_answer

SKIP_REASONS = (
    "I cannot judge this",
    "Something is missing or broken",
    "Not in a language I read",
    "Private data is visible",
)


@login_required
@require_http_methods(["GET", "POST"])
def annotate(request: HttpRequest, queue_id: int) -> HttpResponse:
    """The item on the desk; POST lends the next one. Looking never claims, so that a prefetch takes nothing."""
    queue = access.queue_to_work_in(request, queue_id)
    if request.method == "POST":
        return next_item(request, queue)
    assignment = work.open_in(queue, access.person(request))
    return item(request, assignment) if assignment else rest(request, queue)


@login_required
@require_GET
def editor(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """The editor for one message, ?correct=place or place:message; without scripts, the page with the editor open."""
    found = own(request, assignment_id)
    wanted = request.GET.get("correct", "1")
    if not wants_fragment(request):
        return redirect(f"{reverse('assignment', args=[found.pk])}?{urlencode({'correct': wanted})}")
    kept = Draft.objects.filter(assignment=found).first()
    typed = choices.usable(kept.answer if kept else {})
    context = {"assignment": found, "queue": found.queue, "correction": corrections.editor(found, wanted, typed)}
    return render(request, "assignments/_editor.html", context)


@login_required
@require_GET
def assignment(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """An own item again: the open one on its screen, an answered one for changing the answer."""
    found = own(request, assignment_id)
    if found.state == Assignment.State.OPEN and found.round == Round.ADJUDICATION:
        return item(request, found)  # its person need not be one who annotates in the queue
    if found.state == Assignment.State.OPEN:
        query = request.META["QUERY_STRING"]
        return redirect(f"{reverse('annotate', args=[found.queue_id])}{query and '?'}{query}")
    answer = work.standing(found)
    if answer is None:
        raise assignments.NotOpen("You have no answer here, and the item is no longer with you.")
    return item(request, found, answer=work.displayed(answer), is_change=True)


@login_required
@require_POST
def draft(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Keep what is being typed."""
    found, answer = own(request, assignment_id), typed_answer(request.POST)
    try:
        saved = drafts.save(assignment=found, answer=answer, seen=request.POST.get("since"), now=timezone.now())
    except drafts.Newer as newer:
        return JsonResponse({"type": newer.type, "detail": newer.sentence, **newer.extra}, status=newer.status)
    if "show" in request.POST:  # without scripts, another message is chosen by a button
        return redirect(
            f"{reverse('assignment', args=[found.pk])}?{urlencode({'correct': request.POST['correction_of']})}"
        )
    return JsonResponse({"saved_at": saved.saved_at.isoformat()})


@login_required
@require_POST
def heartbeat(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Keep the lease; answers how many seconds it now lasts."""
    now = timezone.now()
    kept = assignments.heartbeat(assignment=own(request, assignment_id), now=now)
    return JsonResponse({"seconds_left": int((kept.due_at - now).total_seconds())})


def own(request: HttpRequest, assignment_id: int) -> Assignment:
    """The person's own assignment in a project where they (still) annotate."""
    return access.own_assignment(request, assignment_id)


def next_item(request: HttpRequest, queue: Queue, *, lent: Assignment | None = None, saved: str = "") -> HttpResponse:
    """Lend the next item, unless one is `lent`, and show it: at once as a fragment, by a redirect without scripts.

    `saved` echoes the last answer.
    """
    if saved and not wants_fragment(request):
        messages.success(request, f"Saved: {saved}.")
    try:
        claimed = lent or assignments.claim(
            queue=queue,
            annotator=access.person(request),
            is_shown=wants_fragment(request),
            now=timezone.now(),
        )
    except assignments.NothingLeft as nothing:
        if wants_fragment(request):
            return rest(request, queue, nothing, saved=saved)
        messages.info(request, nothing.sentence)
        return redirect("annotate", queue.pk)
    if wants_fragment(request):
        return item(request, claimed, saved=saved)
    return redirect("annotate", queue.pk)


def rest(
    request: HttpRequest, queue: Queue, nothing: assignments.NothingLeft | None = None, *, saved: str = ""
) -> HttpResponse:
    """No item on the desk: how to start, or why there is nothing and when to come back."""
    until = datetime.fromisoformat(nothing.extra["until"]) if nothing and nothing.extra["until"] else None
    return screen(request, queue, {"nothing": nothing, "until": until, "saved": saved})


def item(
    request: HttpRequest,
    found: Assignment,
    *,
    answer: dict[str, Any] | None = None,
    refusal: Refused | None = None,
    is_change: bool = False,
    saved: str = "",
    taken_back: str = "",
) -> HttpResponse:
    """The item's screen with what the person had typed: just now, in a draft, or not yet."""
    now = timezone.now()
    if found.shown_at is None:
        found = assignments.show(assignment=found, now=now)
    on_desk = sides.spread(found)
    kept = on_desk.draft if answer is None else None
    typed = choices.usable(answer or (kept.answer if kept else {}))
    queue, wanted = found.queue, request.GET.get("correct", "")
    shown = comparisons.screen(found, on_desk.traces)
    context = {
        "assignment": found,
        "screen": shown,
        "kind_template": KINDS[queue.kind].TEMPLATE,
        "answer": typed,
        "bar": choices.bar(queue, queue.project, len(found.order), typed),
        "correction": correction(found, wanted, typed, refusal),
        "comments": json.dumps(typed["comments"]) if typed.get("comments") else "",
        "marks": choices.marks(typed, shown["blocks"]) if queue.kind == QueueKind.MARK else None,
        "draft": kept,
        "refusal": refusal,
        "is_change": is_change,
        "saved": saved,
        "taken_back": taken_back,
        # A refused form goes out again with its own key; the next item gets a new one.
        "client_key": (refusal and request.POST.get("client_key")) or uuid.uuid4(),
        "seconds_left": int((found.due_at - now).total_seconds()),
        "skip_reasons": SKIP_REASONS,
    }
    return screen(request, queue, context, status=refusal.status if refusal else 200)


def correction(found: Assignment, wanted: str, typed: dict[str, Any], refusal: Refused | None) -> dict[str, Any]:
    """The editor, where it is asked for, was open already, or is all there is to do; else nothing."""
    if not (wanted or typed.get("correction") or found.queue.kind == QueueKind.CORRECT):
        return {}
    return corrections.editor(found, wanted, typed, refusal.sentence if refusal else "")


def screen(request: HttpRequest, queue: Queue, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Page or fragment, with the progress of both the person and the queue."""
    is_fragment = wants_fragment(request)
    common = {
        "queue": queue,
        "project": queue.project,
        "is_fragment": is_fragment,
        "mine": progress.at_work(queue, access.person(request), now=timezone.now()),
        "progress": progress.glance(queue),
    }
    template = "assignments/annotate.html#work" if is_fragment else "assignments/annotate.html"
    return render(request, template, {**common, **context}, status=status)
