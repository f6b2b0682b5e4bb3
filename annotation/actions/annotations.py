"""Answers: submit, skip, change, take back. Rows are only ever added."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from annotation.actions import claims, events, slots
from annotation.actions.assignments import NotOpen, close, readmit
from annotation.errors import Invalid, Refused
from annotation.models import Annotation, Assignment, Draft, Queue, Reservation, Side, User
from annotation.queries import guidelines
from annotation.task_types.context import Asked
from annotation.task_types.registry import KINDS


class AlreadyAnswered(Refused):
    """The assignment has an answer; it can be changed, not given again."""

    type = "already-answered"


class NothingToUndo(Refused):
    """There is no earlier answer of this person in this queue."""

    type = "nothing-to-undo"


@transaction.atomic
def submit(
    *, assignment: Assignment, answer: dict[str, Any], client_key: str, active_seconds: float, now: datetime
) -> Annotation:
    """Store the answer and close the assignment; the same submit again returns the first."""
    assignment = locked(assignment)
    if first := sent_before(assignment, client_key):
        return first
    reopen_if_free(assignment)
    annotation = store(
        assignment,
        answer=checked(assignment, answer),
        client_key=client_key,
        active_seconds=active_seconds,
        supersedes=Annotation.objects.current().filter(assignment=assignment).first(),
        now=now,
    )
    close(assignment, state=Assignment.State.DONE, now=now)
    Draft.objects.filter(assignment=assignment).delete()
    plan_repeat(assignment, now=now)
    events.record(
        "annotation.submitted",
        project=assignment.queue.project_id,
        actor=assignment.annotator,
        now=now,
        subject=annotation.pk,
    )
    return annotation


@transaction.atomic
def skip(*, assignment: Assignment, reason: str, client_key: str, now: datetime) -> Annotation:
    """Pass an item on to other people, saying why."""
    reason = reason.strip()
    if not reason or len(reason) > 300 or "\x00" in reason:
        raise Invalid("Say in a few words (at most 300 characters) why you skip this item.")
    slots.locked_cursor(queue=assignment.queue_id, annotator=assignment.annotator_id)
    assignment = locked(assignment)
    if first := sent_before(assignment, client_key):
        return first
    if assignment.state != Assignment.State.OPEN:
        raise NotOpen("This item is no longer open for you, so it need not be skipped.", state=assignment.state)
    annotation = store(
        assignment, kind=Annotation.Kind.SKIP, skip_reason=reason, client_key=client_key, active_seconds=0.0, now=now
    )
    close(assignment, state=Assignment.State.SKIPPED, now=now)
    if assignment.round == 0:
        slots.settle([assignment.item_id])
    return annotation


@transaction.atomic
def supersede(
    *, annotation: Annotation, answer: dict[str, Any], client_key: str, active_seconds: float, now: datetime
) -> Annotation:
    """Change an own answer: a new row that supersedes the old one."""
    assignment = locked(annotation.assignment)
    if first := sent_before(assignment, client_key):
        return first
    if Annotation.objects.filter(supersedes=annotation).exists() or annotation.kind != Annotation.Kind.ANSWER:
        raise AlreadyAnswered("This answer was changed in the meantime; reload to see the newest version.")
    newer = store(
        assignment,
        answer=checked(assignment, answer),
        client_key=client_key,
        active_seconds=active_seconds,
        supersedes=annotation,
        now=now,
    )
    events.record(
        "annotation.superseded",
        project=assignment.queue.project_id,
        actor=assignment.annotator,
        now=now,
        subject=newer.pk,
        supersedes=annotation.pk,
    )
    return newer


@transaction.atomic
def undo(*, queue: Queue, annotator: User, now: datetime) -> Assignment:
    """Reopen the person's last answer in this queue, keeping its place; what they had open goes back."""
    slots.locked_cursor(queue=queue.pk, annotator=annotator.pk)
    last = Annotation.objects.answers().filter(assignment__queue=queue, annotator=annotator).order_by("-pk").first()
    if last is None:
        raise NothingToUndo("You have no answer in this queue to take back.")
    held = list(Assignment.objects.open().select_for_update().filter(queue=queue, annotator=annotator))
    assignment = locked(last.assignment)  # before the slots that settle locks
    for current in held:
        close(current, state=Assignment.State.RELEASED, now=now)
    readmit(held, now=now)
    slots.settle(current.item_id for current in held)
    store(
        assignment,
        kind=Annotation.Kind.WITHDRAWAL,
        client_key=f"withdraw-{last.pk}",
        active_seconds=0.0,
        supersedes=last,
        now=now,
    )
    shown = KINDS[queue.kind].displayed(last.answer, assignment.order)
    Draft.objects.update_or_create(assignment=assignment, defaults={"answer": shown, "saved_at": now})
    Reservation.objects.filter(item_id=assignment.item_id, annotator=annotator, round=assignment.round + 1).delete()
    assignment.state, assignment.closed_at = Assignment.State.OPEN, None
    assignment.due_at = now + timedelta(seconds=queue.lease_seconds)
    assignment.save(update_fields=["state", "closed_at", "due_at"])
    events.record("annotation.withdrawn", project=queue.project_id, actor=annotator, now=now, subject=last.pk)
    return assignment


def locked(assignment: Assignment) -> Assignment:
    """The assignment's row, locked, with what an answer copies from its item and queue."""
    return (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("queue", "item", "annotator")
        .get(pk=assignment.pk)
    )


def sent_before(assignment: Assignment, client_key: str) -> Annotation | None:
    """The row this very request made when it came the first time."""
    if not client_key or len(client_key) > 80 or "\x00" in client_key:
        raise Invalid("The request needs an idempotency key of 1 to 80 characters.")
    first = Annotation.objects.filter(annotator_id=assignment.annotator_id, client_key=client_key).first()
    if first is not None and first.assignment_id != assignment.pk:
        raise Invalid("This idempotency key was already used for another item; send a new one.")
    return first


def reopen_if_free(assignment: Assignment) -> None:
    """Accept an answer that comes after expiry if its place is still free; otherwise refuse kindly."""
    if assignment.state == Assignment.State.OPEN:
        return
    if assignment.state == Assignment.State.DONE:
        raise AlreadyAnswered("You have answered this item; you can change the answer under “My recent answers”.")
    if assignment.state == Assignment.State.SKIPPED:
        raise NotOpen("You skipped this item, and it was passed on.", state=assignment.state)
    if not claims.take_for(item=assignment.item_id, round_=assignment.round):
        raise NotOpen(
            "Your time for this item ran out and someone else has it now; your text is kept below.",
            state=assignment.state,
        )
    Reservation.objects.filter(
        item_id=assignment.item_id, annotator_id=assignment.annotator_id, round=assignment.round
    ).delete()


def checked(assignment: Assignment, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer as it is stored, or a refusal that says what is wrong with it."""
    queue, item = assignment.queue, assignment.item_id
    asked = Asked(
        rubric=queue.project.rubric,
        tools=partial(of_each_side, item, "tools"),
        asks_ranking=queue.asks_ranking,
        asks_strength=queue.asks_strength,
    )
    stored: dict[str, Any] = KINDS[queue.kind].check(
        answer, order=assignment.order, messages=partial(of_each_side, item, "messages"), asked=asked
    )
    return stored


def of_each_side(item: int, field: str) -> list[list[dict[str, Any]]]:
    """The messages or tools of each side, by undisplayed index."""
    return list(Side.objects.filter(item_id=item).order_by("index").values_list(f"trace__{field}", flat=True))


def store(
    assignment: Assignment,
    *,
    client_key: str,
    active_seconds: float,
    now: datetime,
    kind: str = Annotation.Kind.ANSWER,
    answer: dict[str, Any] | None = None,
    skip_reason: str = "",
    supersedes: Annotation | None = None,
) -> Annotation:
    """Add the row with everything that cannot be added later."""
    item = assignment.item
    shown_at = assignment.shown_at or assignment.claimed_at
    policies = Side.objects.filter(item=item).order_by("index").values_list("trace__policy", flat=True)
    longest = max(0.0, (now - shown_at).total_seconds())
    try:
        return Annotation.objects.create(
            assignment=assignment,
            item=item,
            annotator_id=assignment.annotator_id,
            round=assignment.round,
            kind=kind,
            answer=answer or {},
            skip_reason=skip_reason,
            order=assignment.order,
            policies=list(policies),
            batch_id=item.batch_id,
            selected_by=item.selected_by,
            propensity=item.propensity,
            guideline=guidelines.latest(assignment.queue.project_id),
            client_key=client_key,
            supersedes=supersedes,
            shown_at=shown_at,
            answered_at=now,
            # max(0.0, …) in this order: it turns NaN into 0.
            active_seconds=min(max(0.0, active_seconds), longest),
        )
    except IntegrityError as clash:
        raise AlreadyAnswered("This answer was changed in the meantime; reload to see the newest version.") from clash


def plan_repeat(assignment: Assignment, *, now: datetime) -> None:
    """Now and then the same item comes back to the same person with the sides swapped; a single side has no other way."""
    queue = assignment.queue
    if assignment.round or len(assignment.order) < 2 or draw_repeat(queue, assignment) >= queue.repeat_share:
        return
    Reservation.objects.get_or_create(
        item_id=assignment.item_id,
        annotator_id=assignment.annotator_id,
        round=1,
        defaults={"queue": queue, "due_at": now + timedelta(hours=queue.repeat_after_hours), "created_at": now},
    )


def draw_repeat(queue: Queue, assignment: Assignment) -> float:
    """The seeded draw that decides on a repeat."""
    return claims.draw(queue.seed, assignment.annotator_id, "repeat", assignment.item_id)
