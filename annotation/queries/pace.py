"""How fast a queue moves, and when it will be done: with an interval, or not at all."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, sqrt
from statistics import fmean, variance
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncHour

from annotation.models import Assignment, Gold, Queue
from annotation.queries.days import midnight
from annotation.queries.golds import Z

DAYS, HOURS = 14, 24
FEWEST_ANSWERS, FEWEST_DAYS = 20, 3  # below these nothing is foretold
FARTHEST = 3650  # days; what ends later than that has no date worth saying
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Answers by day and hour, oldest first, empty ones included; `counting` are those of normal work, by day."""

    days: list[tuple[date, int]]
    hours: list[tuple[datetime, int]]
    counting: list[int]


@dataclass(frozen=True, slots=True)
class End:
    """When what is left will be answered; `why_not` says why there is no telling, and then there are no dates."""

    remaining: int
    answers: int
    days: float
    at: datetime | None = None
    low: datetime | None = None
    high: datetime | None = None
    why_not: str = ""


def pace(queue: Queue, *, now: datetime) -> Pace:
    """What the last days and hours brought."""
    start = midnight(now) - (DAYS - 1) * DAY
    done = Assignment.objects.filter(queue=queue, state=Assignment.State.DONE, closed_at__gte=start)
    known = Gold.objects.filter(item__queue=queue).values("item")
    normal = Q(round=0) & ~Q(item__in=known)
    rows = (
        done.annotate(hour=TruncHour("closed_at")).values("hour").annotate(n=Count("pk"), of=Count("pk", filter=normal))
    )
    found: dict[datetime, tuple[int, int]] = {row["hour"]: (row["n"], row["of"]) for row in rows.order_by()}
    days = [start + number * DAY for number in range(DAYS)]
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=back) for back in reversed(range(HOURS))]
    return Pace(
        days=[(day.date(), within(found, day, 0)) for day in days],
        hours=[(hour, found.get(hour, (0, 0))[0]) for hour in hours],
        counting=[within(found, day, 1) for day in days],
    )


def within(found: dict[datetime, tuple[int, int]], day: datetime, which: int) -> int:
    """The answers of one day."""
    return sum(counts[which] for hour, counts in found.items() if day <= hour < day + DAY)


def end(counting: list[int], remaining: int, *, now: datetime) -> End:
    """When `remaining` answers will be in, if the days that began with the first answer go on; the last day is today.

    Both what was seen (k answers) and what is to come (N) are taken as Poisson counts widened by the spread between
    whole days (quasi-Poisson, at least 1), so their ratio is about log-normal with variance spread · (1/k + 1/N).
    """
    seen = counting[next((place for place, n in enumerate(counting) if n), len(counting)) :]
    answers = sum(seen)
    days = max(len(seen) - 1, 0) + (now - midnight(now)) / DAY if seen else 0.0
    if not remaining:
        return End(remaining, answers, days, why_not="Nothing is left to ask.")
    if answers < FEWEST_ANSWERS or len(seen) <= FEWEST_DAYS:
        return End(remaining, answers, days, why_not=not_enough(answers, max(len(seen) - 1, 0)))
    whole = seen[:-1]
    spread = max(1.0, variance(whole) / fmean(whole))
    expected = remaining * days / answers
    factor = exp(Z * sqrt(spread * (1 / answers + 1 / remaining)))
    if expected > FARTHEST:
        return End(remaining, answers, days, why_not="At this pace it would take more than ten years.")
    high = min(expected * factor, FARTHEST)
    return End(
        remaining, answers, days, at=now + expected * DAY, low=now + expected / factor * DAY, high=now + high * DAY
    )


def not_enough(answers: int, days: int) -> str:
    """Why nothing is foretold yet."""
    return (
        f"Not enough data yet: {answers} answer{'' if answers == 1 else 's'} over {days} whole day{'' if days == 1 else 's'}"
        f" of the last {DAYS}; {FEWEST_ANSWERS} over {FEWEST_DAYS} are needed."
    )


def against_due(found: End, due_on: date | None) -> dict[str, Any] | None:
    """How the estimate compares with the due date; None where there is none of either."""
    if due_on is None or found.at is None or found.low is None or found.high is None:
        return None
    if found.high.date() <= due_on:
        return {"tone": "good", "text": "in time, by all that was seen"}
    if found.low.date() > due_on:
        return {"tone": "bad", "text": "too late at this pace"}
    return {"tone": "warn", "text": "may be late"}
