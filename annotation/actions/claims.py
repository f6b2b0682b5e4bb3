"""Finding the next item for one person: the scan of the shared slots, gold, and reservations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from annotation import prepared
from annotation.actions import eligibility, slots
from annotation.actions.eligibility import Desk
from annotation.models import Assignment, Gold, Item, Queue, Reservation, Round, Slot
from annotation.models.slots import START
from annotation.queries.days import midnight


def draw(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but its parts."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def drawn(*parts: str) -> str:
    """The same number in SQL, of parts that are SQL."""
    digest = f"sha256(convert_to(concat_ws(':', {', '.join(parts)}), 'UTF8'))"
    return f"('x' || encode(substring({digest} FOR 6), 'hex'))::bit(48)::bigint / 2.0::float8 ^ 48"


# Claims are as durable as answers: a lost one would free its number for another item, while a page still shows the first.
LOCK = """
SELECT c.id, c.ord, c.item_id, c.claims FROM annotation_cursor c
WHERE c.queue_id = %(queue)s AND c.annotator_id = %(me)s FOR NO KEY UPDATE
"""

# A scalar probe, not NOT EXISTS: the planner turns the latter into a walk over everything this
# annotator ever did.
# f.need, not s.need: found has the row as it was locked; the update first meets the row as the statement began to see
# it, and constraints are checked on that too.
SCAN = """found AS (
    SELECT s.item_id, s.ord, s.need FROM annotation_slot s
    WHERE s.queue_id = %(queue)s AND (s.ord, s.item_id) > ({ord}, {item}) {rules}
      AND (SELECT 1 FROM annotation_assignment a
           WHERE a.item_id = s.item_id AND a.annotator_id = %(me)s LIMIT 1) IS NULL
    ORDER BY s.ord, s.item_id LIMIT 1 FOR UPDATE OF s {skip}
), less AS (
    UPDATE annotation_slot s SET need = f.need - 1 FROM found f WHERE s.item_id = f.item_id AND f.need > 1
), gone AS (
    DELETE FROM annotation_slot s USING found f WHERE s.item_id = f.item_id AND f.need = 1
), moved AS (
    UPDATE annotation_cursor c SET ord = f.ord, item_id = f.item_id, claims = c.claims + 1
    FROM found f WHERE c.id = {cursor}
)
SELECT item_id FROM found"""
TAKE = f"WITH {SCAN}"
GIVEN = {"cursor": "%(cursor)s", "ord": "%(ord)s::int", "item": "%(item)s::bigint", "rules": ""}
TAKE_FREE, TAKE_WAITING = TAKE.format(skip="SKIP LOCKED", **GIVEN), TAKE.format(skip="", **GIVEN)

COUNT_UP = "UPDATE annotation_cursor SET claims = claims + 1 WHERE id = %(cursor)s"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person stands in a queue: their cursor, its row locked until the transaction ends."""

    cursor: int
    annotator: int
    ord: int
    item: int
    claims: int


@dataclass(frozen=True, slots=True)
class Taken:
    """An item whose place was just taken; `is_new`: this person never had it."""

    item: int
    round: int
    is_new: bool = False


def stand(*, queue: int, annotator: int, now: datetime) -> tuple[Place, Desk]:
    """Lock the person's cursor in the queue, where their other tabs wait, and then see how they stand."""
    parameters = {"queue": queue, "me": annotator}
    look = (eligibility.DESK, {**parameters, "now": now, "midnight": midnight(now)})
    held, desks = prepared.together((LOCK, parameters), look)
    if not held:
        slots.locked_cursor(queue=queue, annotator=annotator)
        held, desks = prepared.together((LOCK, parameters), look)
    [(cursor, ord_, item, claims)], [desk] = held, desks
    return Place(cursor, annotator, ord_, item, claims), Desk(*desk)


def following(*, queue: Queue, place: Place, has_reservation: bool, only_gold: bool, now: datetime) -> Taken | None:
    """What this person gets next, its place taken; None if there is nothing for them."""
    if has_reservation and not only_gold and (reserved := from_reservations(queue=queue, place=place, now=now)):
        prepared.rows(COUNT_UP, {"cursor": place.cursor})
        return reserved
    is_due = only_gold or draw(queue.seed, place.annotator, "gold", place.claims) < queue.gold_share
    if is_due and (gold := from_gold(queue=queue, annotator=place.annotator, only_gold=only_gold)):
        prepared.rows(COUNT_UP, {"cursor": place.cursor})
        return Taken(gold, Round.NORMAL)
    return None if only_gold else from_slots(queue=queue, place=place)


def from_slots(*, queue: Queue, place: Place) -> Taken | None:
    """The next item after the cursor, its place taken; wraps once, and looks once more at locked rows at the end."""
    # Without the last pass, places that were locked while everybody passed by would stay unfilled.
    for take, ord_, item in ((TAKE_FREE, place.ord, place.item), (TAKE_FREE, START, 0), (TAKE_WAITING, START, 0)):
        given = {"queue": queue.pk, "ord": ord_, "item": item, "me": place.annotator, "cursor": place.cursor}
        if found := prepared.row(take, given):
            return Taken(found[0], Round.NORMAL, is_new=True)
    return None


def from_gold(*, queue: Queue, annotator: int, only_gold: bool) -> int | None:
    """A gold item this person has not answered, in an order of their own; what they let go of comes last.

    With `only_gold` that is also what they passed on: nothing else would ever let them in.
    """
    states = Assignment.State
    let_go = [states.EXPIRED, states.RELEASED] + [states.SKIPPED] * only_gold
    mine = Assignment.objects.filter(annotator_id=annotator, queue=queue, item__gold__isnull=False)
    # Locked, as an answer may be coming in late.
    held = mine.filter(round=Round.NORMAL, state__in=let_go).select_for_update(of=("self",)).order_by("pk")
    back = {one.item_id for one in held}
    seen = mine.exclude(item__in=back).values("item")
    found = Item.objects.filter(queue=queue, gold__isnull=False).exclude(pk__in=seen).values_list("pk", flat=True)
    first = min(found, key=lambda item: (item in back, draw(queue.seed, annotator, item)), default=None)
    if first in back:
        Reservation.objects.filter(item=first, annotator=annotator, round=Round.NORMAL).delete()
    return first


def from_reservations(*, queue: Queue, place: Place, now: datetime) -> Taken | None:
    """A due reservation of this person, used up by this call; one for a full item goes on waiting."""
    # Full items may get a place back: whoever holds it may never answer.
    usable = Q(round__gt=0) | Q(item__slot__isnull=False) | Q(item__gold__isnull=False)
    due = Reservation.objects.filter(usable, queue=queue, annotator_id=place.annotator, due_at__lte=now)
    for reservation in due.order_by("due_at", "pk"):
        item, round_ = reservation.item_id, reservation.round
        # Locked before the slot, as a late answer does it.
        held = Assignment.objects.select_for_update().filter(item=item, annotator=place.annotator, round=round_)
        if any(assignment.state == Assignment.State.DONE for assignment in held):
            reservation.delete()
        elif take_for(item=item, round_=round_):
            reservation.delete()
            return Taken(item, round_)
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
