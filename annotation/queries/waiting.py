"""Whether work waits for a person: asked by every open page again and again, so it looks no further than it must."""

from datetime import datetime
from time import perf_counter
from typing import Any

from django.core.cache import cache

from annotation import prepared
from annotation.models import User
from annotation.models.slots import START
from annotation.queries import disputes

SELDOM = 25  # seconds between looks at what waits for a person's review, at least
SHARE = 0.0005  # of the time, at most, goes into these looks for one person: they read many answers
FARTHEST = 500  # places behind the cursor, all of which this person may have had

# What claiming would find, without locking: a reservation that can be used, or a place behind the person's cursor.
QUEUES = """
SELECT q.id FROM annotation_queue q
LEFT JOIN annotation_cursor c ON c.queue_id = q.id AND c.annotator_id = %(me)s
WHERE q.project_id IN (SELECT m.project_id FROM annotation_member m WHERE m.user_id = %(me)s AND m.role = 'annotator')
  AND {which} AND q.paused_at IS NULL AND (
    EXISTS (SELECT 1 FROM annotation_reservation r WHERE r.queue_id = q.id AND r.annotator_id = %(me)s
        AND r.due_at <= %(now)s AND r.round < 2
        AND (r.round > 0 OR EXISTS (SELECT 1 FROM annotation_slot s WHERE s.item_id = r.item_id)))
    OR EXISTS (
        SELECT 1 FROM (
            SELECT s.item_id FROM annotation_slot s
            WHERE s.queue_id = q.id AND (s.ord, s.item_id) > (coalesce(c.ord, %(start)s), coalesce(c.item_id, 0))
            ORDER BY s.ord, s.item_id LIMIT %(farthest)s
        ) behind
        WHERE (SELECT 1 FROM annotation_assignment a
               WHERE a.item_id = behind.item_id AND a.annotator_id = %(me)s LIMIT 1) IS NULL))
ORDER BY q.id
"""
MINE = QUEUES.format(which="true")
ONE = QUEUES.format(which="q.id = %(queue)s")


def queue(found: int, user: User, *, now: datetime) -> list[str]:
    """The queue's name for the page that waits for it, if there is work for this person; of a stranger's queue never."""
    return named(prepared.rows(ONE, {**asked(user, now), "queue": found}))


def everything(user: User, *, now: datetime, reviews: list[str] | None = None) -> list[str]:
    """The person's queues with work, and the projects where something waits for their review, counted now or lately."""
    return named(prepared.rows(MINE, asked(user, now))) + (lately(user) if reviews is None else reviews)


def lately(user: User) -> list[str]:
    """The projects where something waits for this person's review; looked up so seldom that it costs next to nothing."""
    key = f"reviews-{user.pk}"
    kept: list[str] | None = cache.get(key)
    if kept is None:
        began = perf_counter()
        kept = reviews_of(disputes.by_project(user))
        cache.set(key, kept, timeout=max(SELDOM, (perf_counter() - began) / SHARE))
    return kept


def reviews_of(counted: list[dict[str, Any]]) -> list[str]:
    """Projects as the page knows them."""
    return [f"review-{entry['project'].pk}" for entry in counted]


def asked(user: User, now: datetime) -> dict[str, object]:
    """What both statements need."""
    return {"me": user.pk, "now": now, "start": START, "farthest": FARTHEST}


def named(rows: list[tuple[int, ...]]) -> list[str]:
    """Queues as the page knows them."""
    return [f"queue-{pk}" for (pk,) in rows]
