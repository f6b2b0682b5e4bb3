"""Queues as their managers see them: how fast they move, who works in them, and what rules would ask."""

from collections.abc import Mapping
from datetime import datetime
from statistics import median
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q, QuerySet

from annotation.models import Annotation, Assignment, Project, Queue, User
from annotation.queries import eligible, entry, progress
from annotation.queries.days import midnight

HUNDRED = 100
NEWEST = 200  # answers of a person that their median rests on
MOST_LEASES = 50
COUNTED_ALWAYS = 5_000  # items of a queue that is counted afresh for every page

HABITS = """
SELECT p.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY n.active_seconds), max(n.answered_at)
FROM unnest(%(people)s::bigint[]) AS p (id)
CROSS JOIN LATERAL (
    SELECT a.id FROM annotation_assignment a
    WHERE a.queue_id = %(queue)s AND a.annotator_id = p.id AND a.state = 'done'
    ORDER BY a.closed_at DESC LIMIT %(newest)s
) a
JOIN annotation_annotation n ON n.assignment_id = a.id AND n.kind = 'answer'
GROUP BY p.id
"""


def listed(project: Project, *, now: datetime) -> list[dict[str, Any]]:
    """The project's queues with their progress, of large ones up to a minute old, and what was answered today."""
    queues = project.queues.order_by("-priority", "name")
    return [{"queue": queue, "progress": counted(queue), "today": today(queue, now=now)} for queue in queues]


def counted(queue: Queue) -> dict[str, Any]:
    """Progress, and how many items of the pool may enter; of a large queue up to a minute old."""
    key = f"queue-counts-{queue.pk}"
    kept: dict[str, Any] | None = cache.get(key)
    if kept is not None:
        return kept
    found = progress.queue(queue)
    found["entering"] = entry.entering(queue).count() if queue.enqueue else found["pool"]
    found["is_large"] = found["items"] + found["pool"] > COUNTED_ALWAYS
    if found["is_large"]:
        cache.set(key, found, timeout=60)
    return found


def today(queue: Queue, *, now: datetime) -> int:
    """Answers since midnight."""
    done = Assignment.objects.filter(queue=queue, state=Assignment.State.DONE)
    return done.filter(closed_at__gte=midnight(now)).count()


def people(queue: Queue, *, now: datetime) -> list[dict[str, Any]]:
    """What each person did in the queue, the busiest first: {person, answers, today, skips, seconds, last, left}."""
    states = Assignment.State
    rows = Assignment.objects.filter(queue=queue, state__in=[states.DONE, states.SKIPPED]).values("annotator")
    counted = rows.annotate(
        answers=Count("pk", filter=Q(state=states.DONE)),
        today=Count("pk", filter=Q(state=states.DONE, closed_at__gte=midnight(now))),
        skips=Count("pk", filter=Q(state=states.SKIPPED)),
    )
    found = list(counted.order_by("-answers", "annotator"))
    names = User.objects.in_bulk([row["annotator"] for row in found])
    habits = recent_habits(queue, [row["annotator"] for row in found])
    return [
        {
            "person": names[row["annotator"]].get_username(),
            "answers": row["answers"],
            "today": row["today"],
            "skips": row["skips"],
            "seconds": habits.get(row["annotator"], (None, None))[0],
            "last": habits.get(row["annotator"], (None, None))[1],
            "left": eligible.quota_left(queue, row["answers"], row["today"]),
        }
        for row in found
    ]


def recent_habits(queue: Queue, people: list[int]) -> dict[int, tuple[float | None, datetime | None]]:
    """annotator → (median active seconds, time) of their newest answers."""
    with connection.cursor() as sql:
        sql.execute(HABITS, {"queue": queue.pk, "people": people, "newest": NEWEST})
        return {who: (seconds, last) for who, seconds, last in sql.fetchall()}


def median_seconds(queue: Queue) -> float | None:
    """Active time of a typical answer: of the queue's newest ones, or of those of its kind in the project."""
    done = Assignment.objects.filter(state=Assignment.State.DONE).order_by("-closed_at")
    for lent in (done.filter(queue=queue.pk), done.filter(queue__project=queue.project_id, queue__kind=queue.kind)):
        answers = Annotation.objects.filter(assignment__in=lent.values("pk")[:NEWEST], active_seconds__gt=0)
        if found := list(answers.filter(kind=Annotation.Kind.ANSWER).values_list("active_seconds", flat=True)):
            return median(found)
    return None


def leases(queue: Queue, *, most: int | None = MOST_LEASES) -> QuerySet[Assignment]:
    """What is lent out now, the longest first."""
    return Assignment.objects.open().filter(queue=queue).select_related("annotator").order_by("claimed_at")[:most]


def remaining(queue: Queue, counted: Mapping[str, Any]) -> int:
    """Answers of normal work still to come: open and lent, the pool by the overlap rule, all up to the stop rule."""
    wanted = counted["open"] + counted["lent"] + round(counted["entering"] * (queue.overlap + queue.second_share))
    return wanted if queue.stop_after is None else max(0, min(wanted, queue.stop_after - counted["done"]))


def expected(rules: Mapping[str, Any]) -> dict[str, int]:
    """What these rules ask for, on average, for every 100 items: how many answers, and what they are made of."""
    overlap, second = rules["overlap"], rules["second_share"]
    normal = round(HUNDRED * (overlap + second))
    # Of all claims a share is gold, so the normal ones are what is left over.
    gold = round(normal * rules["gold_share"] / max(1 - rules["gold_share"], 0.01))
    repeats = round(normal * rules["repeat_share"])
    return {
        "normal": normal,
        "gold": gold,
        "repeats": repeats,
        "answers": normal + gold + repeats,
        "twice": round(HUNDRED if overlap > 1 else HUNDRED * second),
        "explored": round(HUNDRED * rules["exploration_share"]),
    }
