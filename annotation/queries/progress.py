"""How far a queue is, counted when asked."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, Min, OuterRef, Q, Sum

from annotation import prepared
from annotation.models import Annotation, Assignment, Cursor, Item, Queue, Slot, User
from annotation.queries.days import midnight

AT_WORK = """
SELECT
    (SELECT count(*) FROM annotation_assignment a WHERE a.queue_id = %(queue)s AND a.annotator_id = %(me)s
        AND a.state = 'done' AND a.closed_at >= %(midnight)s),
    EXISTS (SELECT 1 FROM annotation_assignment a WHERE a.queue_id = %(queue)s AND a.annotator_id = %(me)s
        AND a.state = 'done' AND a.round < 2),
    EXISTS (SELECT 1 FROM annotation_member m JOIN annotation_guideline s ON s.id = m.guideline_seen_id
        WHERE m.project_id = %(project)s AND m.user_id = %(me)s AND m.role = 'annotator'
        AND s.version < (SELECT max(g.version) FROM annotation_guideline g WHERE g.project_id = %(project)s))
"""


@dataclass(frozen=True, slots=True)
class AtWork:
    """Answers in the queue since midnight, whether any can be taken back, and whether the guidelines have changed."""

    today: int
    has_answers: bool
    has_new_guidelines: bool


COUNTED_ALWAYS = 1000  # places of a queue that is counted afresh for every page


def queue(found: Queue) -> dict[str, Any]:
    """Places asked for, filled and open; what waits in the pool; what is lent out."""
    drawn = Item.objects.filter(queue=found).drawn().aggregate(items=Count("pk"), places=Sum("target"))
    answered = Assignment.objects.filter(queue=found, state="done", round=0)
    # Two counts, not one with a join: few of many answers are on known ones.
    done = answered.count() - answered.filter(item__gold__isnull=False).count()
    places = drawn["places"] or 0
    return {
        "items": drawn["items"],
        "places": places,
        "done": done,
        "open": found.slots.aggregate(need=Sum("need"))["need"] or 0,
        "lent": Assignment.objects.open().filter(queue=found).count(),
        "pool": Item.objects.filter(queue=found).in_pool().count(),
        "share": min(1.0, done / places) if places else 0.0,
        "oldest": oldest(found),
    }


def oldest(found: Queue) -> datetime | None:
    """When the item that waits longest entered: in the first batch that still has a place."""
    waiting = Exists(Slot.objects.filter(item__batch=OuterRef("pk")))
    batch = found.batches.filter(waiting).order_by("number").first()
    if batch is None:
        return None
    return Item.objects.filter(batch=batch, slot__isnull=False).aggregate(at=Min("entered_at"))["at"]


def mine(found: Queue, user: User, *, now: datetime) -> dict[str, int]:
    """This person's answers in the queue: today and in all."""
    return (
        Annotation.objects.answers()
        .filter(annotator=user, assignment__queue=found)
        .aggregate(total=Count("pk"), today=Count("pk", filter=Q(answered_at__gte=midnight(now))))
    )


def at_work(found: Queue, user: User, *, now: datetime) -> AtWork:
    """What the annotate screen says about the person beside the item."""
    given = {"queue": found.pk, "project": found.project_id, "me": user.pk, "midnight": midnight(now)}
    return AtWork(*(prepared.row(AT_WORK, given) or (0, False, False)))


def glance(found: Queue) -> dict[str, int]:
    """How far a queue is in per cent, and how much waits, for its annotators; a large queue is counted now and then.

    It is counted again after fifty times as long as counting takes, by one request, while the others show what was
    counted last.
    """
    key = f"glance-{found.pk}"
    kept: tuple[dict[str, int], float] | None = cache.get(key)
    if kept and (time.time() < kept[1] or not cache.add(f"{key}-is-counted", True, timeout=60)):
        return kept[0]
    began = time.time()
    places, counted = glanced(found)
    if places > COUNTED_ALWAYS:
        now = time.time()
        cache.set(key, (counted, now + max(20, 50 * (now - began))), timeout=None)
        cache.delete(f"{key}-is-counted")
    return counted


def glanced(found: Queue) -> tuple[int, dict[str, int]]:
    """(places, the per cent and what waits), counted.

    Known answers and repeats must not show by what stands still after them: every answer moves `percent` alike, and
    `waiting`, which is about normal work alone, is rounded up to tens.
    """
    places = Item.objects.filter(queue=found).drawn().aggregate(places=Sum("target"))["places"] or 0
    done = Assignment.objects.filter(queue=found, state=Assignment.State.DONE).count()
    open_ = found.slots.aggregate(need=Sum("need"))["need"] or 0
    return places, {
        "percent": min(99 if open_ else 100, int(100 * done / (answers_wanted(found, places) or 1))),
        "waiting": -(-open_ // 10) * 10,
    }


def answers_wanted(found: Queue, places: int) -> float:
    """About how many answers so many places take in all, with what is mixed in and what everybody begins with."""
    mixed_in = found.gold_share / max(1 - found.gold_share, 0.01) + found.repeat_share
    people = Cursor.objects.filter(queue=found).count() if found.qualify_on else 0
    return places * (1 + mixed_in) + people * found.qualify_on
