"""Lending an item whose place was taken, and the whole claim of somebody whom no rule of the queue holds back."""

from datetime import datetime, timedelta
from typing import Any

from annotation import prepared
from annotation.actions import claims, eligibility
from annotation.models import Assignment, Queue, Round, User
from annotation.queries import sides
from annotation.queries.days import midnight

# The lowest place that nobody holds or has answered from decides how far the sides are turned, which balances them; a
# repeat shows the sides of the first time reversed.
LEND = """
WITH lent AS ({lent}), free AS MATERIALIZED (
    SELECT item_id, CASE WHEN %(round)s = 0 THEN (
        SELECT min(g.place) FROM generate_series(0, 100) g (place)
        WHERE g.place NOT IN (SELECT a.place FROM annotation_assignment a
            WHERE a.item_id = lent.item_id AND a.round = 0 AND a.state IN ('open', 'done'))
    ) ELSE 0 END AS place FROM lent
), turned AS (
    SELECT free.item_id, free.place, coalesce(
        (SELECT ARRAY(SELECT o.side FROM unnest(a."order") WITH ORDINALITY o (side, n) ORDER BY o.n DESC)
         FROM annotation_assignment a
         WHERE %(round)s = 1 AND a.item_id = free.item_id AND a.annotator_id = %(me)s AND a.round = 0),
        s.sides[free.place %% cardinality(s.sides) + 1:] || s.sides[:free.place %% cardinality(s.sides)]
    ) AS sides
    FROM free, LATERAL (SELECT array_agg(x.index ORDER BY {draw}) FROM annotation_side x
                        WHERE x.item_id = free.item_id) s (sides)
)
INSERT INTO annotation_assignment
    (queue_id, item_id, annotator_id, round, place, "order", state, claimed_at, shown_at, due_at)
SELECT %(queue)s, item_id, %(me)s, %(round)s, place, sides, 'open',
    %(now)s::timestamptz, %(shown_at)s::timestamptz, %(due_at)s::timestamptz
FROM turned
RETURNING id, item_id, place, "order"
"""
DRAW_SIDE = claims.drawn("%(seed)s::bigint", "free.item_id", "'side'", "x.index")
LEND_ITEM = LEND.format(lent="SELECT %(item)s::bigint AS item_id", draw=DRAW_SIDE)
# Whoever takes a place has their cursor moved to its item. An item that the cursor reached earlier was lent then.
LEND_TAKEN = LEND.format(
    lent="""
    SELECT c.item_id FROM annotation_cursor c
    WHERE c.queue_id = %(queue)s AND c.annotator_id = %(me)s AND c.item_id <> 0 AND NOT EXISTS (
        SELECT 1 FROM annotation_assignment a WHERE a.item_id = c.item_id AND a.annotator_id = %(me)s)""",
    draw=DRAW_SIDE,
)

# The look at the desk and the scan in one, for whoever has nothing open or reserved and no known answer to come.
RULES = f"""
      AND (%(after)s::bigint IS NULL OR EXISTS (
        SELECT 1 FROM annotation_assignment a WHERE a.id = %(after)s AND a.state = 'done'))
      AND (SELECT own IS NULL AND NOT has_reservation AND NOT is_paused AND is_wanted
           AND is_enough_today IS NOT TRUE AND is_enough IS NOT TRUE FROM desk)
      AND (SELECT {claims.drawn("%(seed)s::bigint", "%(me)s::bigint", "'gold'", "claims")} >= %(gold_share)s FROM me)
"""  # noqa: S608  # made of constants
FROM_CURSOR = {"cursor": "(SELECT id FROM me)", "ord": "(SELECT ord FROM me)", "item": "(SELECT item_id FROM me)"}
TAKE = f"""
WITH me AS (
    SELECT c.id, c.ord, c.item_id, c.claims FROM annotation_cursor c
    WHERE c.queue_id = %(queue)s AND c.annotator_id = %(me)s
), desk AS ({eligibility.DESK}), {claims.SCAN.format(skip="SKIP LOCKED", rules=RULES, **FROM_CURSOR)}
"""  # noqa: S608  # made of constants


def plain(*, queue: Queue, annotator: User, now: datetime, is_shown: bool) -> Assignment | None:
    """The next item behind the person's cursor, lent; None if a rule has a say, or nothing is there.

    Sent together, the statements are one transaction even outside of any other.
    """
    if queue.qualify_on:
        return None
    lent, sending = loan(queue=queue, annotator=annotator, is_shown=is_shown, now=now)
    return lent_by(lent, prepared.together(*sending))


def loan(
    *, queue: Queue, annotator: User, now: datetime, is_shown: bool, after: int | None = None
) -> tuple[Assignment, list[prepared.Sending]]:
    """An assignment that has no item yet, and what lends it; the first statement locks the person's cursor.

    With `after` nothing is lent unless that assignment is done. What the statements return is for `lent_by`.
    """
    lent = unsaved(queue=queue, annotator=annotator, round_=Round.NORMAL, is_shown=is_shown, now=now)
    look = {"midnight": midnight(now), "gold_share": queue.gold_share, "after": after}
    person = {"queue": queue.pk, "me": annotator.pk}
    sending: list[prepared.Sending] = [
        (claims.LOCK, person),
        (TAKE, {**person, **look, "now": now, "seed": queue.seed}),
        (LEND_TAKEN, parameters(lent)),
    ]
    return lent, sending + [(sides.LENT, {**person, "project": queue.project_id})] * is_shown


def lent_by(lent: Assignment, told: list[list[tuple[Any, ...]]]) -> Assignment | None:
    """The assignment with the item that the statements of `loan` lent; None if they lent nothing."""
    _, _, inserted, *runs = told
    if not inserted:
        return None
    saved(lent, inserted[0])
    if runs:
        sides.keep(lent, runs[0])
    return lent


def lend(*, queue: Queue, taken: claims.Taken, annotator: User, now: datetime, is_shown: bool = False) -> Assignment:
    """A new assignment of a place that was just taken."""
    lent = unsaved(queue=queue, annotator=annotator, round_=taken.round, is_shown=is_shown, now=now)
    [inserted] = prepared.rows(LEND_ITEM, parameters(lent) | {"item": taken.item})
    return saved(lent, inserted)


def unsaved(*, queue: Queue, annotator: User, round_: int, is_shown: bool, now: datetime) -> Assignment:
    """An assignment that has no item yet."""
    return Assignment(
        queue=queue,
        annotator=annotator,
        round=round_,
        claimed_at=now,
        shown_at=now if is_shown else None,
        due_at=now + timedelta(seconds=queue.lease_seconds),
    )


def parameters(lent: Assignment) -> dict[str, Any]:
    """What the statements need to know of it."""
    return {
        "queue": lent.queue_id,
        "me": lent.annotator_id,
        "round": lent.round,
        "seed": lent.queue.seed,
        "now": lent.claimed_at,
        "shown_at": lent.shown_at,
        "due_at": lent.due_at,
    }


def saved(lent: Assignment, inserted: tuple[Any, ...]) -> Assignment:
    """The assignment with what the database put into it."""
    lent.pk, lent.item_id, lent.place, lent.order = inserted
    lent._state.adding, lent._state.db = False, "default"
    return lent
