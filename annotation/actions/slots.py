"""Keeps the outstanding work equal to what the assignments say: need = target - live leases - valid answers."""

from collections.abc import Iterable
from functools import partial

from django.db import connection, transaction

from annotation.models import Cursor, Item, Slot
from annotation.models.slots import START

EXPLORATION = "exploration"
MIDDLE = 500  # the bucket of an item nobody has scored

SETTLE = """
WITH wanted AS (
    SELECT i.id, i.queue_id, i.target - (
        SELECT count(*) FROM annotation_assignment a
        WHERE a.item_id = i.id AND a.round = 0 AND a.state IN ('open', 'done')
    ) AS need, coalesce(s.value, 0.5) AS value, i.boost, i.selected_by = 'exploration' AS is_exploration
    FROM annotation_item i LEFT JOIN annotation_score s ON s.item_id = i.id
    WHERE i.id = ANY(%(items)s) AND NOT EXISTS (SELECT 1 FROM annotation_gold g WHERE g.item_id = i.id)
), gone AS (
    DELETE FROM annotation_slot s USING wanted w WHERE s.item_id = w.id AND w.need <= 0
)
INSERT INTO annotation_slot (item_id, queue_id, ord, need, is_exploration)
SELECT id, queue_id,
    CASE WHEN is_exploration THEN abs(hashint8(id)::int8) %% 1000 ELSE ((1 - value) * 999)::int END - 1000 * boost,
    need, is_exploration
FROM wanted WHERE need > 0
ON CONFLICT (item_id) DO UPDATE SET need = excluded.need
RETURNING queue_id, ord, item_id
"""

REORDER = """
WITH wrong AS (
    SELECT s.item_id, ((1 - c.value) * 999)::int - 1000 * i.boost AS ord
    FROM annotation_slot s
    JOIN annotation_score c ON c.item_id = s.item_id
    JOIN annotation_item i ON i.id = s.item_id
    WHERE s.queue_id = %(queue)s AND NOT s.is_exploration AND s.ord <> ((1 - c.value) * 999)::int - 1000 * i.boost
    ORDER BY s.item_id LIMIT %(chunk)s FOR UPDATE OF s SKIP LOCKED
), changed AS (
    UPDATE annotation_slot s SET ord = w.ord FROM wrong w WHERE s.item_id = w.item_id RETURNING s.item_id
)
SELECT count(*) FROM changed
"""

REORDER_CHUNK = 5000

# Locked in id order: two who lower the same cursors would otherwise wait for each other.
LOWER = """
WITH passed AS (
    SELECT c.id FROM annotation_cursor c
    WHERE c.queue_id = %(queue)s AND (c.ord, c.item_id) >= (%(ord)s, %(item)s)
    ORDER BY c.id FOR NO KEY UPDATE
)
UPDATE annotation_cursor c SET ord = %(start)s, item_id = 0 FROM passed p WHERE c.id = p.id
"""


def settle(items: Iterable[int]) -> None:
    """Make the slots of these items right. Call it in the transaction that changed their assignments or target.

    Locks items, then slots, in id order; a claim that holds a slot is waited for, so the count is exact.
    """
    ids = sorted(set(items))
    if not ids:
        return
    # no_key: a claim that holds a slot adds an assignment, which takes a key share lock on the item.
    list(Item.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    list(Slot.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"items": ids})
        back = cursor.fetchall()
    lowest: dict[int, tuple[int, int]] = {}
    for queue, ord_, item in back:
        lowest[queue] = min(lowest.get(queue, (ord_, item)), (ord_, item))
    for queue, place in lowest.items():
        # After the commit: cursor locks come before slot locks everywhere else.
        transaction.on_commit(partial(lower_cursors, queue=queue, ord_=place[0], item=place[1]))


def reorder(*, queue: int) -> int:
    """Bring the order of the queue's active slots in line with their items' scores; returns how many moved.

    Exploration slots keep their random place. Slots that somebody is just taking are left for the next time.
    """
    moved = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(REORDER, {"queue": queue, "chunk": REORDER_CHUNK})
            (count,) = cursor.fetchone()
        moved += count
        if count < REORDER_CHUNK:
            break
    if moved:
        # After the commit here too: a caller's transaction may still hold the slots.
        transaction.on_commit(partial(lower_cursors, queue=queue, ord_=START, item=0))
    return moved


def lower_cursors(*, queue: int, ord_: int, item: int) -> None:
    """Send the people who already passed this place back to the start of the queue."""
    with connection.cursor() as cursor:
        cursor.execute(LOWER, {"queue": queue, "ord": ord_, "item": item, "start": START})


@transaction.atomic
def locked_cursor(*, queue: int, annotator: int) -> Cursor:
    """The annotator's cursor in the queue, its row locked until the transaction ends."""
    found = Cursor.objects.select_for_update().filter(queue_id=queue, annotator_id=annotator).first()
    if found is None:
        Cursor.objects.bulk_create([Cursor(queue_id=queue, annotator_id=annotator)], ignore_conflicts=True)
        found = Cursor.objects.select_for_update().get(queue_id=queue, annotator_id=annotator)
    return found
