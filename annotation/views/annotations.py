"""Answers from the annotate screen: submit, skip, undo, change. The answer to each carries the next screen."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.actions import annotations, handover
from annotation.errors import Refused
from annotation.middleware import wants_fragment
from annotation.models import Assignment, Queue, Round
from annotation.queries import assignments as work
from annotation.queries import passages
from annotation.views import access, pages
from annotation.views.adjudications import leave
from annotation.views.assignments import item, next_item, own
from annotation.views.forms import active_seconds, typed_answer


@login_required
@require_POST
def submit(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Store the answer and bring the next item; a refusal keeps what was typed."""
    assignment, now = own(request, assignment_id), timezone.now()
    answer = said_about(assignment, typed_answer(request.POST))
    try:
        given, lent = handover.submit_and_claim(
            assignment=assignment,
            answer=answer,
            client_key=request.POST.get("client_key", ""),
            active_seconds=active_seconds(request.POST, assignment, now=now),
            is_shown=wants_fragment(request),
            now=now,
        )
    except Refused as refusal:
        return item(request, assignment, answer=answer, refusal=refusal)
    if assignment.round == Round.ADJUDICATION:
        return leave(request, "adjudication", assignment.pk)
    return next_item(request, assignment.queue, lent=lent, saved=work.said(given, kind=assignment.queue.kind))


@login_required
@require_POST
def skip(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Pass the item on with a reason and bring the next one."""
    assignment = own(request, assignment_id)
    reason = request.POST.get("skip_reason") or request.POST.get("skip_words", "")
    key = request.POST.get("client_key", "")
    try:
        annotations.skip(assignment=assignment, reason=reason, client_key=key, now=timezone.now())
    except Refused as refusal:
        return item(request, assignment, answer=typed_answer(request.POST), refusal=refusal)
    if assignment.round == Round.ADJUDICATION:
        return leave(request, "review", assignment.queue.project.slug)
    return next_item(request, assignment.queue, saved="skipped")


@login_required
@require_POST
def supersede(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Change an own answer; the old one stays in the history."""
    assignment, now = own(request, assignment_id), timezone.now()
    answer = said_about(assignment, typed_answer(request.POST))
    standing = work.standing(assignment)
    if standing is None:
        raise annotations.NothingToUndo("There is no answer here that could be changed.")
    try:
        annotations.supersede(
            annotation=standing,
            answer=answer,
            client_key=request.POST.get("client_key", ""),
            active_seconds=active_seconds(request.POST, assignment, now=now),
            now=now,
        )
    except Refused as refusal:
        return item(request, assignment, answer=answer, refusal=refusal, is_change=True)
    messages.success(request, "Your answer is changed; the earlier one stays in the history.")
    if assignment.round == Round.ADJUDICATION:
        return leave(request, "adjudication", assignment.pk)
    return leave(request, "answers")


@login_required
@require_GET
def answers(request: HttpRequest) -> HttpResponse:
    """My answers, newest first, each with its earlier versions."""
    mine = access.person(request)
    page = pages.page(request, work.answered(mine), size=25)
    context = {"page": page, "rows": work.with_history(page.rows, mine)}
    return render(request, "assignments/answers.html", context)


def said_about(assignment: Assignment, answer: dict[str, Any]) -> dict[str, Any]:
    """The typed answer with its comments at their places in the messages, which the screen shows rendered."""
    if answer.get("comments"):
        answer["comments"] = passages.located(answer["comments"], assignment)
    return answer


@login_required
@require_POST
def undo(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Take back the last answer in this queue and show its item again."""
    queue, _ = access.row(request, Queue.objects.all(), queue_id, "annotator")
    try:
        reopened = annotations.undo(queue=queue, annotator=access.person(request), now=timezone.now())
    except annotations.NothingToUndo as refusal:
        if wants_fragment(request):
            # The screen stays as it is: what is typed there must not be lost to a refusal.
            response = render(request, "refused.html#refusal", {"error": refusal}, status=refusal.status)
            response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
            return response
        messages.warning(request, refusal.sentence)
        return redirect("annotate", queue.pk)
    if not wants_fragment(request):
        return redirect("annotate", queue.pk)
    return item(request, reopened, taken_back=work.last_said(reopened))
