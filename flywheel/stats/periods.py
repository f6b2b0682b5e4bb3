"""Items in the order of time: by day, week or month of their last answer, or in blocks where all came within a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from flywheel.records import NotEnoughData

Unit = Literal["block", "day", "week", "month"]

BLOCKS, BLOCK = 8, 30  # blocks at most, and items that each has at least
LONGEST: tuple[tuple[timedelta, Unit], ...] = ((timedelta(days=21), "day"), (timedelta(weeks=26), "week"))
NAMES = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Period:
    """The items last answered between `start` and `end`, both included."""

    label: str
    start: datetime
    end: datetime
    items: list[str]


def periods(last: Mapping[str, datetime]) -> tuple[Unit, list[Period]]:
    """Items by the time of their last answer, in UTC, oldest first: days up to three weeks, weeks up to half a year, else months.

    All within a day make up to eight blocks of like many items, 30 at least.
    """
    ordered = sorted(last, key=lambda item: (last[item], item))
    if not ordered:
        raise NotEnoughData("items with the time of their answers", 0, 2 * BLOCK)
    span = last[ordered[-1]] - last[ordered[0]]
    if span <= timedelta(days=1):
        return "block", [_period(f"block {k}", some, last) for k, some in enumerate(_blocks(ordered), start=1)]
    unit: Unit = next((unit for longest, unit in LONGEST if span <= longest), "month")
    found: dict[str, list[str]] = {}
    for item in ordered:
        found.setdefault(last[item].astimezone(UTC).strftime(NAMES[unit]), []).append(item)
    return unit, [_period(label, some, last) for label, some in found.items()]


def _blocks(ordered: Sequence[str]) -> list[Sequence[str]]:
    count = min(BLOCKS, len(ordered) // BLOCK)
    if count < 2:
        raise NotEnoughData("items answered within one day", len(ordered), 2 * BLOCK)
    ends = [round(len(ordered) * k / count) for k in range(count + 1)]
    return [ordered[start:end] for start, end in pairwise(ends)]


def _period(label: str, items: Sequence[str], last: Mapping[str, datetime]) -> Period:
    return Period(label, last[items[0]], last[items[-1]], list(items))
