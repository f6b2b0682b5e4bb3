"""Finding the next item for one person: the scan of the shared slots, gold, and reservations."""

import hashlib
from datetime import datetime

from django.db import connection
from django.db.models import Q

from annotation.models import Assignment, Cursor, Gold, Item, Queue, Reservation, Slot
from annotation.models.slots import START

# A scalar probe, not NOT EXISTS: the planner turns the latter into a walk over everything this
# annotator ever did.
# f.need, not s.need: found has the row as it was locked; the update first meets the row as the statement began to see
# it, and constraints are checked on that too.
TAKE = """
WITH found AS (
    SELECT s.item_id, s.ord, s.need FROM annotation_slot s
    WHERE s.queue_id = %(queue)s AND (s.ord, s.item_id) > (%(ord)s, %(item)s)
      AND (SELECT 1 FROM annotation_assignment a
           WHERE a.item_id = s.item_id AND a.annotator_id = %(me)s LIMIT 1) IS NULL
    ORDER BY s.ord, s.item_id LIMIT 1 FOR UPDATE OF s {skip}
), less AS (
    UPDATE annotation_slot s SET need = f.need - 1 FROM found f WHERE s.item_id = f.item_id AND f.need > 1
), gone AS (
    DELETE FROM annotation_slot s USING found f WHERE s.item_id = f.item_id AND f.need = 1
), moved AS (
    UPDATE annotation_cursor c SET ord = f.ord, item_id = f.item_id FROM found f WHERE c.id = %(cursor)s
)
SELECT item_id FROM found
"""


def draw(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but its parts."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def following(*, queue: Queue, cursor: Cursor, now: datetime) -> tuple[int, int] | None:
    """(item, round) of what this person gets next, its place taken; None if there is nothing for them."""
    if reserved := from_reservations(queue=queue, cursor=cursor, now=now):
        return reserved
    item = from_gold(queue=queue, cursor=cursor) or from_slots(queue=queue, cursor=cursor)
    return None if item is None else (item, 0)


def from_slots(*, queue: Queue, cursor: Cursor) -> int | None:
    """The next item after the cursor, its place taken; wraps once, and looks once more at locked rows at the end."""
    # Without the last pass, places that were locked while everybody passed by would stay unfilled.
    for ord_, item, skip in ((cursor.ord, cursor.item_id, "SKIP LOCKED"), (START, 0, "SKIP LOCKED"), (START, 0, "")):
        with connection.cursor() as sql:
            sql.execute(
                TAKE.format(skip=skip),
                {"queue": queue.pk, "ord": ord_, "item": item, "me": cursor.annotator_id, "cursor": cursor.pk},
            )
            row = sql.fetchone()
        if row:
            return int(row[0])
    return None


def from_gold(*, queue: Queue, cursor: Cursor) -> int | None:
    """An unseen gold item, when this person's seeded draw says that one is due."""
    if draw(queue.seed, cursor.annotator_id, "gold", cursor.claims) >= queue.gold_share:
        return None
    seen = Assignment.objects.filter(annotator_id=cursor.annotator_id, queue=queue).values("item")
    unseen = Item.objects.filter(queue=queue, gold__isnull=False).exclude(pk__in=seen).values_list("pk", flat=True)
    return min(unseen, key=lambda item: draw(queue.seed, cursor.annotator_id, item), default=None)


def from_reservations(*, queue: Queue, cursor: Cursor, now: datetime) -> tuple[int, int] | None:
    """(item, round) of a due reservation of this person, used up by this call; one for a full item goes on waiting."""
    # Full items may get a place back: whoever holds it may never answer.
    usable = Q(round__gt=0) | Q(item__slot__isnull=False) | Q(item__gold__isnull=False)
    due = Reservation.objects.filter(usable, queue=queue, annotator_id=cursor.annotator_id, due_at__lte=now)
    for reservation in due.order_by("due_at", "pk"):
        item, round_ = reservation.item_id, reservation.round
        # Locked before the slot, as a late answer does it.
        held = Assignment.objects.select_for_update().filter(item=item, annotator=cursor.annotator_id, round=round_)
        if any(assignment.state == Assignment.State.DONE for assignment in held):
            reservation.delete()
        elif take_for(item=item, round_=round_):
            reservation.delete()
            return item, round_
    return None


def take_for(*, item: int, round_: int) -> bool:
    """Take a place of this item if its round needs one; repeats and known answers take nobody's."""
    return round_ > 0 or Gold.objects.filter(item=item).exists() or take(item=item)


def take(*, item: int) -> bool:
    """Take one place of this very item, if one is free."""
    slot = Slot.objects.select_for_update().filter(pk=item).first()
    if slot is None:
        return False
    if slot.need == 1:
        slot.delete()
    else:
        slot.need -= 1
        slot.save(update_fields=["need"])
    return True


def sides(*, queue: Queue, item: int, count: int, place: int, reverse: bool) -> list[int]:
    """Which side is shown first to this person: balanced over an item's people, reversed in a repeat."""
    order = list(range(count))
    if count == 2:
        swap = (draw(queue.seed, item, "side") < 0.5) ^ bool(place & 1)
        order = order[::-1] if swap else order
    else:
        order.sort(key=lambda index: draw(queue.seed, item, "side", index))
        order = order[place % count :] + order[: place % count]
    return order[::-1] if reverse else order
