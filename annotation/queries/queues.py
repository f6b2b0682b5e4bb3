"""Queues as their managers see them: how fast they move, who works in them, and what rules would ask."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Max, Q

from annotation.models import Annotation, Project, Queue
from annotation.queries import progress

HUNDRED = 100


def listed(project: Project, *, now: datetime) -> list[dict[str, Any]]:
    """The project's queues with their progress and what was answered today."""
    queues = project.queues.order_by("name")
    return [{"queue": queue, "progress": progress.queue(queue), "today": today(queue, now=now)} for queue in queues]


def today(queue: Queue, *, now: datetime) -> int:
    """Answers since midnight."""
    return Annotation.objects.answers().filter(item__queue=queue, answered_at__gte=midnight(now)).count()


def people(queue: Queue, *, now: datetime) -> list[dict[str, Any]]:
    """What each person did in the queue, the busiest first."""
    answers = Q(kind="answer")
    rows = (
        Annotation.objects.current()
        .filter(item__queue=queue)
        .values("annotator", "annotator__username")
        .annotate(
            answers=Count("pk", filter=answers),
            today=Count("pk", filter=answers & Q(answered_at__gte=midnight(now))),
            skips=Count("pk", filter=Q(kind="skip")),
            seconds=Avg("active_seconds", filter=answers),
            last=Max("answered_at"),
        )
    )
    return [dict(row) for row in rows.order_by("-answers", "annotator")]


def midnight(now: datetime) -> datetime:
    """The start of the day."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


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
