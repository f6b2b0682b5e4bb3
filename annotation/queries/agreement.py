"""How often people agree on the items of a queue, and how that changes: plain shares with their intervals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from annotation.models import Queue
from annotation.queries.golds import wilson
from flywheel.records import Estimate

WEEKS = 12
MOST_DAYS = 21  # shown day by day; longer times week by week
NEWEST = 20_000  # answers looked at, so that the page of a large queue stays quick

# For each item that several people answered: the share of pairs of people who said the same.
BY_DAY = """
WITH recent AS (
    SELECT id FROM annotation_assignment
    WHERE queue_id = %(queue)s AND state = 'done' AND round = 0 AND closed_at >= %(start)s
    ORDER BY closed_at DESC LIMIT %(newest)s
), votes AS (
    SELECT n.item_id, n.answer->>'choice' AS said, count(*) AS people, max(n.answered_at) AS at
    FROM recent JOIN annotation_annotation n ON n.assignment_id = recent.id
    WHERE n.kind = 'answer' AND n.batch_id IS NOT NULL AND n.answer->>'choice' IS NOT NULL
      AND (SELECT 1 FROM annotation_annotation later WHERE later.supersedes_id = n.id) IS NULL
    GROUP BY n.item_id, said
), items AS (
    SELECT max(at) AS at, sum(people * (people - 1)) / (sum(people) * (sum(people) - 1)) AS agreed
    FROM votes GROUP BY item_id HAVING sum(people) > 1
)
SELECT (at AT TIME ZONE 'UTC')::date AS day, count(*), sum(agreed)::float FROM items GROUP BY day ORDER BY day
"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over all the weeks, and bucket by bucket: [{label, value, low, high, n}]; `unit` is day or week."""

    overall: Estimate | None
    buckets: list[dict[str, Any]]
    unit: str


def over_time(queue: Queue, *, now: datetime) -> Agreement:
    """Raw agreement of the last weeks. An item counts once, however many people answered it, on its last answer's day.

    The interval is Wilson's with n = items: pairs of people on one item are not independent of each other.
    """
    start = now - timedelta(weeks=WEEKS)
    with connection.cursor() as sql:
        sql.execute(BY_DAY, {"queue": queue.pk, "start": start, "newest": NEWEST})
        days: list[tuple[date, int, float]] = sql.fetchall()
    is_long = bool(days) and (days[-1][0] - days[0][0]).days >= MOST_DAYS
    return Agreement(
        overall=wilson(sum(agreed for _, _, agreed in days), sum(n for _, n, _ in days)),
        buckets=[bucket(first, n, agreed, is_week=is_long) for first, n, agreed in (weekly(days) if is_long else days)],
        unit="week" if is_long else "day",
    )


def weekly(days: Sequence[tuple[date, int, float]]) -> list[tuple[date, int, float]]:
    """The days' sums by the week that they belong to, named by its Monday."""
    sums: dict[date, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for day, n, agreed in days:
        monday = day - timedelta(days=day.weekday())
        sums[monday] = (sums[monday][0] + n, sums[monday][1] + agreed)
    return [(monday, n, agreed) for monday, (n, agreed) in sorted(sums.items())]


def bucket(first: date, n: int, agreed: float, *, is_week: bool) -> dict[str, Any]:
    """One row of the plot."""
    share = wilson(agreed, n)
    if share is None:
        raise ValueError("a bucket holds at least one item")
    label = f"{first.day} {first:%b}"
    return {
        "label": f"week of {label}" if is_week else label,
        "value": share.value, "low": share.low, "high": share.high, "n": n,
    }  # fmt: skip
