"""Lending items to people: claim, show, keep, give back, expire."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min

from annotation.actions import claims, slots
from annotation.errors import Refused
from annotation.models import Annotation, Assignment, Cursor, Item, Queue, Reservation, Side, User

EXPIRY_CHUNK = 500


class NothingLeft(Refused):
    """There is nothing for this person now; `extra` has the reason and until when."""

    type = "nothing-left"


class NotOpen(Refused):
    """The assignment is no longer this person's to work on."""

    type = "not-open"


@transaction.atomic
def claim(*, queue: Queue, annotator: User, now: datetime) -> Assignment:
    """Lend the next item to this person; an own open one comes first, whatever the queue's rules say."""
    with connection.cursor() as sql:
        # A lease lost in a crash is harmless; answers stay durable.
        sql.execute("SET LOCAL synchronous_commit = off")
    cursor = slots.locked_cursor(queue=queue.pk, annotator=annotator.pk)
    # Locked: another tab may be submitting it at this moment.
    if own := Assignment.objects.open().select_for_update().filter(queue=queue, annotator=annotator).first():
        return renewed(own, queue=queue, now=now)
    refuse_if_ineligible(queue=queue, annotator=annotator, now=now)
    Cursor.objects.filter(pk=cursor.pk).update(claims=cursor.claims + 1)
    found = claims.following(queue=queue, cursor=cursor, now=now)
    if found is None:
        raise nothing_left(queue=queue, annotator=annotator, now=now)
    item, round_ = found
    return lend(queue=queue, item=item, annotator=annotator, round_=round_, now=now)


def lend(*, queue: Queue, item: int, annotator: User, round_: int, now: datetime) -> Assignment:
    """The assignment of a place that was just taken; reopens the person's earlier one in the same round."""
    earlier = Assignment.objects.filter(item_id=item, annotator=annotator).order_by("-round").first()
    if earlier is not None and earlier.round == round_:
        earlier.state, earlier.closed_at, earlier.shown_at = Assignment.State.OPEN, None, None
        earlier.claimed_at = now
        return renewed(earlier, queue=queue, now=now)
    place = free_place(item) if round_ == 0 else 0
    count = Side.objects.filter(item_id=item).count()
    order = claims.sides(queue=queue, item=item, count=count, place=place, reverse=False)
    if round_ and earlier is not None:
        order = earlier.order[::-1]
    return Assignment.objects.create(
        queue=queue,
        item_id=item,
        annotator=annotator,
        round=round_,
        place=place,
        order=order,
        claimed_at=now,
        due_at=now + timedelta(seconds=queue.lease_seconds),
    )


def free_place(item: int) -> int:
    """The lowest place among an item's people that nobody holds or has answered from."""
    held = set(
        Assignment.objects.filter(item_id=item, round=0, state__in=["open", "done"]).values_list("place", flat=True)
    )
    return next(place for place in range(len(held) + 1) if place not in held)


def renewed(assignment: Assignment, *, queue: Queue, now: datetime) -> Assignment:
    """The same assignment with a full lease."""
    assignment.due_at = now + timedelta(seconds=queue.lease_seconds)
    assignment.save(update_fields=["due_at", "state", "claimed_at", "closed_at", "shown_at"])
    return assignment


def refuse_if_ineligible(*, queue: Queue, annotator: User, now: datetime) -> None:
    """Pause and quota, decided once before the scan."""
    if queue.paused_at:
        raise NothingLeft("This queue is paused; its manager will open it again.", reason="paused", until=None)
    if queue.daily_quota is not None:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        mine = Annotation.objects.answers().filter(annotator=annotator, assignment__queue=queue)
        if mine.filter(answered_at__gte=midnight).count() >= queue.daily_quota:
            tomorrow = midnight + timedelta(days=1)
            raise NothingLeft(
                f"You have reached today's {queue.daily_quota} answers; thank you.",
                reason="quota",
                until=tomorrow.isoformat(),
            )


def nothing_left(*, queue: Queue, annotator: User, now: datetime) -> NothingLeft:
    """Says which kind of nothing it is."""
    others = Assignment.objects.open().filter(queue=queue).exclude(item__assignments__annotator=annotator)
    until = others.aggregate(at=Min("due_at"))["at"]
    if until is not None:
        return NothingLeft(
            "Everything open is with other people right now.", reason="lent-out", until=max(until, now).isoformat()
        )
    if Item.objects.filter(queue=queue).in_pool().exists():
        return NothingLeft("The next batch is being drawn; it is ready in a few seconds.", reason="drawing", until=None)
    return NothingLeft("All done: nothing is left in this queue for you.", reason="finished", until=None)


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
    locked = Assignment.objects.select_for_update().select_related("queue").get(pk=assignment.pk)
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
