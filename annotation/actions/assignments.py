"""Lending items to people: claim, show, keep, give back, expire."""

from datetime import datetime, timedelta

from django.db import transaction

from annotation.actions import claims, eligibility, lending, slots
from annotation.actions.eligibility import NothingLeft
from annotation.errors import Refused
from annotation.models import Assignment, Queue, Reservation, User

__all__ = ["NotOpen", "NothingLeft"]

EXPIRY_CHUNK = 500


class NotOpen(Refused):
    """The assignment is no longer this person's to work on."""

    type = "not-open"


def claim(*, queue: Queue, annotator: User, now: datetime, is_shown: bool = False) -> Assignment:
    """Lend the next item to this person; an own open one comes first, whatever the queue's rules say.

    `is_shown`: the answer to this very request puts it on the person's screen.
    """
    plain = lending.plain(queue=queue, annotator=annotator, is_shown=is_shown, now=now)
    return plain or claim_with_rules(queue=queue, annotator=annotator, is_shown=is_shown, now=now)


@transaction.atomic
def claim_with_rules(*, queue: Queue, annotator: User, now: datetime, is_shown: bool) -> Assignment:
    """What is open, reserved, known or at the end of the queue; or NothingLeft, with the rule that says so."""
    place, desk = claims.stand(queue=queue.pk, annotator=annotator.pk, now=now)
    # Locked: another tab may be submitting it at this moment.
    if desk.own and (own := Assignment.objects.open().select_for_update().filter(pk=desk.own).first()):
        own.queue, own.annotator = queue, annotator
        return renewed(own, queue=queue, now=now)
    eligibility.refuse(queue=queue, found=desk, now=now)
    is_qualifying = eligibility.must_qualify(queue=queue, annotator=annotator.pk)
    taken = claims.following(
        queue=queue, place=place, has_reservation=desk.has_reservation, only_gold=is_qualifying, now=now
    )
    if taken is None:
        raise eligibility.nothing_left(queue=queue, annotator=annotator.pk, is_qualifying=is_qualifying, now=now)
    if not taken.is_new and (earlier := earlier_of(taken, annotator)):
        return reopened(earlier, queue=queue, annotator=annotator, now=now)
    return lending.lend(queue=queue, taken=taken, annotator=annotator, is_shown=is_shown, now=now)


def earlier_of(taken: claims.Taken, annotator: User) -> Assignment | None:
    """The assignment that this person had of the same item in the same round."""
    return Assignment.objects.filter(item_id=taken.item, annotator=annotator, round=taken.round).first()


def reopened(earlier: Assignment, *, queue: Queue, annotator: User, now: datetime) -> Assignment:
    """An earlier assignment, lent to its person again."""
    earlier.queue, earlier.annotator = queue, annotator
    earlier.state, earlier.claimed_at = Assignment.State.OPEN, now
    earlier.closed_at = earlier.shown_at = None
    return renewed(earlier, queue=queue, now=now)


def renewed(assignment: Assignment, *, queue: Queue, now: datetime) -> Assignment:
    """The same assignment with a full lease."""
    assignment.due_at = now + timedelta(seconds=queue.lease_seconds)
    assignment.save(update_fields=["due_at", "state", "claimed_at", "closed_at", "shown_at"])
    return assignment


@transaction.atomic
def show(*, assignment: Assignment, now: datetime) -> Assignment:
    """Note the first time the item was on the person's screen."""
    if assignment.shown_at is None:
        Assignment.objects.filter(pk=assignment.pk, shown_at__isnull=True).update(shown_at=now)
        assignment.shown_at = now
    return assignment


@transaction.atomic
def heartbeat(*, assignment: Assignment, now: datetime) -> Assignment:
    """Keep the lease of an item somebody is working on."""
    # Not the queue's row as well: heartbeats would wait for one another.
    rows = Assignment.objects.select_for_update(of=("self",), no_key=True).select_related("queue")
    locked = rows.get(pk=assignment.pk)
    if locked.state == Assignment.State.EXPIRED:
        raise NotOpen(
            "Your time for this item ran out; somebody else may have it now. Submitting still works if nobody took it.",
            state=locked.state,
        )
    if locked.state != Assignment.State.OPEN:
        raise NotOpen("This item is no longer open for you; your text is kept on this page.", state=locked.state)
    return renewed(locked, queue=locked.queue, now=now)


@transaction.atomic
def release(*, assignment: Assignment, now: datetime) -> Assignment:
    """Give an item back unanswered; it can come back to the same person later."""
    slots.locked_cursor(queue=assignment.queue_id, annotator=assignment.annotator_id)
    locked = Assignment.objects.select_for_update().get(pk=assignment.pk)
    if locked.state == Assignment.State.OPEN:
        close(locked, state=Assignment.State.RELEASED, now=now)
        readmit([locked], now=now)
        slots.settle([locked.item_id])
    return locked


def close(assignment: Assignment, *, state: str, now: datetime) -> None:
    """Set the final state of a locked assignment."""
    assignment.state, assignment.closed_at = state, now
    assignment.save(update_fields=["state", "closed_at"])


def readmit(assignments: list[Assignment], *, now: datetime) -> None:
    """Let these people have these items again; without this a person alone in a queue would lose them."""
    Reservation.objects.bulk_create(
        [
            Reservation(
                queue_id=a.queue_id,
                annotator_id=a.annotator_id,
                item_id=a.item_id,
                round=a.round,
                due_at=now,
                created_at=now,
            )
            for a in assignments
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def expire_overdue(*, now: datetime) -> int:
    """Take back items whose lease has run out; returns how many."""
    overdue = list(
        Assignment.objects.overdue(now=now).select_for_update(skip_locked=True).order_by("due_at")[:EXPIRY_CHUNK]
    )
    Assignment.objects.filter(pk__in=[a.pk for a in overdue]).update(state=Assignment.State.EXPIRED, closed_at=now)
    readmit(overdue, now=now)
    slots.settle(a.item_id for a in overdue if a.round == 0)
    return len(overdue)


def drop_spent_readmissions() -> int:
    """Forget readmissions to items whose places are all answered; returns how many."""
    asked = Reservation.objects.filter(round=0, item__gold__isnull=True, item__slot__isnull=True)
    spent = asked.exclude(item__assignments__state=Assignment.State.OPEN)
    count, _ = Reservation.objects.filter(pk__in=spent.values("pk")).delete()
    return count
