"""Answers: submit, skip, change, take back. Rows are only ever added."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, NoReturn

from django.db import transaction

from annotation import prepared
from annotation.actions import answers, claims, events, overlaps, slots
from annotation.actions.assignments import NotOpen, close, readmit
from annotation.errors import Invalid, Refused
from annotation.models import Annotation, Assignment, Draft, Item, Queue, Reservation, Round, Side, User
from annotation.queries import disputes
from annotation.task_types.context import Asked
from annotation.task_types.registry import KINDS

LOCK = """
SELECT state, "order", shown_at, claimed_at FROM annotation_assignment WHERE id = %(assignment)s FOR NO KEY UPDATE
"""


class AlreadyAnswered(Refused):
    """The assignment has an answer; it can be changed, not given again."""

    type = "already-answered"


class NothingToUndo(Refused):
    """There is no earlier answer of this person in this queue."""

    type = "nothing-to-undo"


def submit(
    *, assignment: Assignment, answer: dict[str, Any], client_key: str, active_seconds: float, now: datetime
) -> Annotation:
    """Store the answer and close the assignment; the same submit again returns the first.

    `assignment` comes with its queue and project; its state is looked at again when the answer is stored.
    """
    check_key(client_key)
    sent = answers.Sent(client_key=client_key, active_seconds=active_seconds, now=now)
    if is_plain(assignment):
        plain = answers.submit(assignment, answer=checked(assignment, answer), sent=sent, is_locked=False)
        if plain is not None:
            return plain
    return submit_with_rules(assignment, answer, sent)


def is_plain(assignment: Assignment) -> bool:
    """Whether the answer to this may be stored without a look at anything else."""
    return assignment.state == Assignment.State.OPEN and not overlaps.follows_up(assignment)


@transaction.atomic
def submit_with_rules(assignment: Assignment, answer: dict[str, Any], sent: answers.Sent) -> Annotation:
    """Every case of a submit: sent twice, late, changed after an undo, planning a repeat or another person."""
    assignment = locked(assignment)
    if assignment.state != Assignment.State.OPEN:
        if first := sent_before(assignment, sent.client_key):
            return first
        reopen_if_free(assignment)
    annotation = answers.submit(assignment, answer=checked(assignment, answer), sent=sent, is_locked=True)
    if annotation is None:
        return sent_before(assignment, sent.client_key) or clash()
    overlaps.plan_repeat(assignment, now=sent.now)
    overlaps.widen(assignment, now=sent.now)
    return annotation


@transaction.atomic
def skip(*, assignment: Assignment, reason: str, client_key: str, now: datetime) -> Annotation:
    """Pass an item on by the queue's skip rule, saying why."""
    reason = reason.strip()
    if not reason or len(reason) > 300 or "\x00" in reason:
        raise Invalid("Say in a few words (at most 300 characters) why you skip this item.")
    slots.locked_cursor(queue=assignment.queue_id, annotator=assignment.annotator_id)
    assignment = locked(assignment)
    if first := sent_before(assignment, client_key):
        return first
    if assignment.state != Assignment.State.OPEN:
        raise NotOpen("This item is no longer open for you, so it need not be skipped.", state=assignment.state)
    annotation = answers.store(
        assignment, kind=Annotation.Kind.SKIP, skip_reason=reason, sent=answers.Sent(client_key=client_key, now=now)
    )
    close(assignment, state=Assignment.State.SKIPPED, now=now)
    if assignment.round == Round.NORMAL:
        overlaps.pass_on(assignment, now=now)
        slots.settle([assignment.item_id])
    return annotation or clash()


@transaction.atomic
def supersede(
    *, annotation: Annotation, answer: dict[str, Any], client_key: str, active_seconds: float, now: datetime
) -> Annotation:
    """Change an own answer: a new row that supersedes the old one."""
    assignment = locked(annotation.assignment)
    if first := sent_before(assignment, client_key):
        return first
    if Annotation.objects.filter(supersedes=annotation).exists() or annotation.kind != Annotation.Kind.ANSWER:
        clash()
    newer = answers.store(
        assignment,
        answer=checked(assignment, answer),
        sent=answers.Sent(client_key=client_key, active_seconds=active_seconds, now=now),
    )
    if newer is None:
        clash()
    events.record(
        "annotation.superseded",
        project=assignment.queue.project_id,
        actor=assignment.annotator,
        now=now,
        subject=newer.pk,
        supersedes=annotation.pk,
    )
    overlaps.widen(assignment, now=now)
    return newer


@transaction.atomic
def undo(*, queue: Queue, annotator: User, now: datetime) -> Assignment:
    """Reopen the person's last answer in this queue, keeping its place; what they had open goes back.

    A decision on disputed items is not taken back with it: it is changed on its own page.
    """
    slots.locked_cursor(queue=queue.pk, annotator=annotator.pk)
    mine = Annotation.objects.answers().filter(assignment__queue=queue, annotator=annotator)
    last = mine.exclude(round=Round.ADJUDICATION).order_by("-pk").first()
    if last is None:
        raise NothingToUndo("You have no answer in this queue to take back.")
    held = list(Assignment.objects.open().select_for_update().filter(queue=queue, annotator=annotator))
    assignment = locked(last.assignment)  # before the slots that settle locks
    # Another tab may have changed the answer before the lock was ours.
    last = Annotation.objects.current().get(assignment=assignment)
    for current in held:
        close(current, state=Assignment.State.RELEASED, now=now)
    readmit(held, now=now)
    slots.settle(current.item_id for current in held)
    answers.store(
        assignment, kind=Annotation.Kind.WITHDRAWAL, sent=answers.Sent(client_key=f"withdraw-{last.pk}", now=now)
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
    """The same assignment with its row locked, as it is now."""
    found = prepared.row(LOCK, {"assignment": assignment.pk})
    assert found is not None  # noqa: S101  # assignments are never deleted
    assignment.state, assignment.order, assignment.shown_at, assignment.claimed_at = found
    return assignment


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


def check_key(client_key: str) -> None:
    """Refuse a key that cannot be one."""
    if not client_key or len(client_key) > 80 or "\x00" in client_key:
        raise Invalid("The request needs an idempotency key of 1 to 80 characters.")


def sent_before(assignment: Assignment, client_key: str) -> Annotation | None:
    """The row this very request made when it came the first time."""
    check_key(client_key)
    first = Annotation.objects.filter(annotator_id=assignment.annotator_id, client_key=client_key).first()
    if first is not None and first.assignment_id != assignment.pk:
        raise Invalid("This idempotency key was already used for another item; send a new one.")
    return first


def clash() -> NoReturn:
    """Somebody changed the chain of answers first."""
    raise AlreadyAnswered("This answer was changed in the meantime; reload to see the newest version.")


def reopen_if_free(assignment: Assignment) -> None:
    """Accept an answer that comes after expiry if its place is still free; otherwise refuse kindly."""
    if assignment.state == Assignment.State.OPEN:
        return
    if assignment.state == Assignment.State.DONE:
        raise AlreadyAnswered("You have answered this item; you can change the answer under “My recent answers”.")
    if assignment.state == Assignment.State.SKIPPED:
        raise NotOpen("You skipped this item, and it was passed on.", state=assignment.state)
    # Before its slot, as everybody locks them who changes how many people are asked.
    Item.objects.select_for_update(no_key=True).get(pk=assignment.item_id)
    if assignment.round == Round.ADJUDICATION and not disputes.is_waiting(assignment.item_id, assignment.annotator):
        raise NotOpen(
            "Your time for this item ran out, and it no longer waits for your decision; your text is kept below.",
            state=assignment.state,
        )
    if not claims.take_for(item=assignment.item_id, round_=assignment.round):
        raise NotOpen(
            "Your time for this item ran out and someone else has it now; your text is kept below.",
            state=assignment.state,
        )
    Reservation.objects.filter(
        item_id=assignment.item_id, annotator_id=assignment.annotator_id, round=assignment.round
    ).delete()


def of_each_side(item: int, field: str) -> list[list[dict[str, Any]]]:
    """The messages or tools of each side, by undisplayed index."""
    return list(Side.objects.filter(item_id=item).order_by("index").values_list(f"trace__{field}", flat=True))
