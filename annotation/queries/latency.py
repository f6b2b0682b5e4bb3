"""How long feedback takes: the agent acted → on somebody's screen → answered → used by the selector."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.core.cache import cache
from django.db import connection

from annotation.models import Queue

NEWEST = 5_000  # answers the page looks at
SINCE = timedelta(days=30)
MINUTE, HOUR, DAY = 60, 3600, 86400
# About three steps for each power of ten, at lengths of time that people know.
BOUNDS = (
    1,
    3,
    10,
    30,
    MINUTE,
    3 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    12 * HOUR,
    DAY,
    3 * DAY,
    7 * DAY,
    30 * DAY,
)
NAMES = (
    "1 s",
    "3 s",
    "10 s",
    "30 s",
    "1 min",
    "3 min",
    "10 min",
    "30 min",
    "1 h",
    "3 h",
    "12 h",
    "1 d",
    "3 d",
    "7 d",
    "30 d",
)
STAGES = {
    "shown": "from the agent's last action to somebody's screen",
    "answered": "from the screen to the answer",
    "used": "from the answer to the selector that learned from it",
}
TITLES = {"shown": "Action to screen", "answered": "Screen to answer", "used": "Answer to selector"}
FRESH_FOR = 15  # seconds between two counts for the metrics
UNSETTLED = timedelta(seconds=10)  # an answer with a smaller id may still be on its way in

# A question exists once the last of its runs has ended. An edited answer counts as it was first given.
TIMES = """
(
    SELECT greatest(0, extract(epoch FROM n.shown_at - max(t.ended_at)))
    FROM annotation_side s JOIN annotation_trace t ON t.id = s.trace_id WHERE s.item_id = n.item_id
    HAVING max(t.ended_at) IS NOT NULL
) AS shown,
greatest(0, extract(epoch FROM n.answered_at - n.shown_at)) AS answered
"""
COUNTED = "n.kind = 'answer' AND n.round = 0 AND n.supersedes_id IS NULL AND n.batch_id IS NOT NULL"

RECENT = f"""
WITH recent AS (
    SELECT id FROM annotation_assignment
    WHERE queue_id = %(queue)s AND state = 'done' AND round = 0 AND closed_at >= %(since)s
    ORDER BY closed_at DESC LIMIT %(newest)s
)
SELECT {TIMES}, (
    SELECT greatest(0, extract(epoch FROM c.scored_at - n.answered_at)) FROM annotation_scoring c
    WHERE c.queue_id = %(queue)s AND c.last_annotation >= n.id ORDER BY c.last_annotation, c.id LIMIT 1
) AS used
FROM recent JOIN annotation_annotation n ON n.assignment_id = recent.id WHERE {COUNTED}
"""  # noqa: S608  # made of constants

NEW_ANSWERS = f"""
WITH times AS (
    SELECT i.queue_id, {TIMES} FROM annotation_annotation n JOIN annotation_item i ON i.id = n.item_id
    WHERE n.id > %(after)s AND n.id <= %(upto)s AND {COUNTED}
)
SELECT queue_id, stage, width_bucket(seconds, %(bounds)s::float[]) AS bucket, count(*), sum(seconds)
FROM times, LATERAL (VALUES ('shown', shown::float), ('answered', answered::float)) AS t (stage, seconds)
WHERE seconds IS NOT NULL GROUP BY 1, 2, 3
"""  # noqa: S608  # made of constants

NEW_SCORINGS = f"""
WITH spans AS (
    SELECT id, queue_id, scored_at, last_annotation,
        coalesce(max(last_annotation) OVER (PARTITION BY queue_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier
    FROM annotation_scoring
)
SELECT c.queue_id, 'used', width_bucket(t.seconds, %(bounds)s::float[]) AS bucket, count(*), sum(t.seconds)
FROM spans c
JOIN annotation_annotation n ON n.id > c.earlier AND n.id <= c.last_annotation
JOIN annotation_item i ON i.id = n.item_id AND i.queue_id = c.queue_id
CROSS JOIN LATERAL (SELECT greatest(0, extract(epoch FROM c.scored_at - n.answered_at))::float AS seconds) t
WHERE c.id > %(after)s AND c.id <= %(upto)s AND {COUNTED} GROUP BY 1, 2, 3
"""  # noqa: S608  # made of constants


@dataclass(slots=True)
class Histogram:
    """How many lasted up to each of BOUNDS (not cumulated; the last place is for all that took longer), and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


@dataclass(slots=True)
class Totals:
    """Histograms of everything ever answered, and how far they have been counted."""

    found: dict[tuple[int, str], Histogram] = field(default_factory=dict)
    answers: int = 0
    scorings: int = 0


def of(queue: Queue, *, now: datetime) -> list[dict[str, Any]]:
    """The stages of the queue's newest answers: [{name, title, meaning, n, median, p90, bars: [(label, count)]}]."""
    with connection.cursor() as sql:
        sql.execute(RECENT, {"queue": queue.pk, "since": now - SINCE, "newest": NEWEST})
        rows = sql.fetchall()
    return [
        stage(name, [float(row[place]) for row in rows if row[place] is not None]) for place, name in enumerate(STAGES)
    ]


def stage(name: str, seconds: Sequence[float]) -> dict[str, Any]:
    """One stage's figures; no figures of nothing."""
    counts = [0] * (len(BOUNDS) + 1)
    for value in seconds:
        counts[bisect_left(BOUNDS, value)] += 1
    return {
        "name": name,
        "title": TITLES[name],
        "meaning": STAGES[name],
        "n": len(seconds),
        "median": median(seconds) if seconds else None,
        "p90": ninetieth(seconds),
        "bars": list(zip([*NAMES, "longer"], counts, strict=True)),
    }


def ninetieth(seconds: Sequence[float]) -> float | None:
    """The 90th percentile; of a single one itself."""
    if len(seconds) < 2:
        return seconds[0] if seconds else None
    return quantiles(seconds, n=10, method="inclusive")[-1]


def totals(*, now: datetime) -> dict[tuple[int, str], Histogram]:
    """(queue, stage) → histogram of all answers, for Prometheus: only what is new since the last call is counted."""
    kept: Totals = cache.get("latency-totals") or Totals()
    if cache.add("latency-fresh", True, timeout=FRESH_FOR):
        count_on(kept, now=now)
        cache.set("latency-totals", kept, timeout=None)
    return kept.found


def count_on(kept: Totals, *, now: datetime) -> None:
    """Add what was answered, and what was used, since it was counted last."""
    with connection.cursor() as sql:
        sql.execute("SELECT max(id) FROM annotation_annotation WHERE answered_at < %s", [now - UNSETTLED])
        answers = sql.fetchone()[0] or 0
        sql.execute("SELECT max(id) FROM annotation_scoring WHERE scored_at < %s", [now - UNSETTLED])
        scorings = sql.fetchone()[0] or 0
        bounds = list(BOUNDS)
        sql.execute(NEW_ANSWERS, {"after": kept.answers, "upto": answers, "bounds": bounds})
        rows = sql.fetchall()
        sql.execute(NEW_SCORINGS, {"after": kept.scorings, "upto": scorings, "bounds": bounds})
        rows += sql.fetchall()
    for queue, name, place, count, seconds in rows:
        histogram = kept.found.setdefault((queue, name), Histogram())
        histogram.counts[place] += count
        histogram.seconds += seconds
    kept.answers, kept.scorings = max(kept.answers, answers), max(kept.scorings, scorings)
