"""What a release would hold, before it is made."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from annotation.errors import Invalid
from annotation.models import Item, Project
from annotation.queries import preferences
from annotation.queries.preferences import Filters, Majority, Pins
from flywheel.datasets.rows import Excluded, JudgedPair, PreferenceRow, Rows, SftRow, build

EXAMPLES = 3  # of each reason
KINDS = ("preference", "sft")


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts of rows and exclusions, with the first examples of each reason."""

    preference: int
    sft: int
    tasks: int
    sources: dict[str, int]
    excluded: dict[str, int]
    examples: list[Excluded]


def preview(*, project: Project, filters: dict[str, Any]) -> Preview:
    """What `filters` would give right now."""
    rows = collected(project, parsed(filters)).rows
    exported: list[PreferenceRow | SftRow] = [*rows.preference, *rows.sft]
    return Preview(
        preference=len(rows.preference),
        sft=len(rows.sft),
        tasks=len({row.task for row in exported}),
        sources=dict(Counter(row.source for row in exported)),
        excluded=dict(Counter(row.reason for row in rows.excluded).most_common()),
        examples=first_of_each(rows.excluded),
    )


def first_of_each(excluded: list[Excluded]) -> list[Excluded]:
    """The first EXAMPLES exclusions of every reason."""
    seen: Counter[str] = Counter()
    shown = []
    for row in excluded:
        seen[row.reason] += 1
        if seen[row.reason] <= EXAMPLES:
            shown.append(row)
    return shown


@dataclass(frozen=True, slots=True)
class Collected:
    """Rows, and everything that went into them."""

    rows: Rows
    judged: list[tuple[Item, Majority, JudgedPair]]
    annotations: list[int]


def collected(project: Project, filters: Filters, pins: Pins | None = None) -> Collected:
    """All rows and exclusions these filters give, or gave when the pins were set."""
    wants_pairs, wants_sft = "preference" in filters.kinds, "sft" in filters.kinds
    judged = list(preferences.judged_pairs(project, filters, pins)) if wants_pairs else []
    corrected = list(preferences.corrections(project, filters, pins))
    shown = preferences.demonstrations(project, filters) if wants_sft and filters.demonstrations else ()
    rows = build([pair for _, _, pair in judged], [correction for _, correction in corrected], shown)
    return Collected(
        rows=Rows(rows.preference if wants_pairs else [], rows.sft if wants_sft else [], rows.excluded),
        judged=judged,
        annotations=sorted(
            {pk for _, majority, _ in judged for pk in majority.annotations} | {answer.pk for answer, _ in corrected}
        ),
    )


def parsed(filters: dict[str, Any]) -> Filters:
    """Checked filters from JSON or a form, or one sentence saying what is wrong."""
    unknown = sorted(set(filters) - set(Filters.__dataclass_fields__))
    if unknown:
        raise Invalid(f"There is no filter called {', '.join(unknown)}.")
    kinds = tuple(filters.get("kinds") or KINDS)
    if not set(kinds) <= set(KINDS):
        raise Invalid("kinds may hold preference and sft.")
    return Filters(
        queue=whole(filters.get("queue"), "queue"),
        since=moment(filters.get("since"), "since"),
        until=moment(filters.get("until"), "until"),
        min_annotators=whole(filters.get("min_annotators"), "min_annotators") or 1,
        min_agreement=share(filters.get("min_agreement")),
        kinds=kinds,
        policies=tuple(str(name) for name in filters.get("policies") or ()),
        demonstrations=bool(filters.get("demonstrations", True)),
    )


def frozen(filters: Filters) -> dict[str, Any]:
    """The filters as they are stored and written into the manifest."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for key, value in asdict(filters).items()
    }


def whole(value: Any, name: str) -> int | None:
    """A whole number or nothing."""
    if value in (None, ""):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Invalid(f"{name} must be a whole number.") from None
    if not 0 <= number < 2**62:
        raise Invalid(f"{name} is out of range.")
    return number


def share(value: Any) -> float:
    """A number from 0 to 1; nothing is 0."""
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        raise Invalid("min_agreement must be a number from 0 to 1.") from None
    if not 0 <= number <= 1:
        raise Invalid("min_agreement must be a number from 0 to 1.")
    return number


def moment(value: Any, name: str) -> datetime | None:
    """An ISO 8601 time with its zone, or nothing."""
    if value in (None, ""):
        return None
    try:
        found = parse_datetime(str(value))
    except ValueError:
        found = None
    if found is None or is_naive(found):
        raise Invalid(f"{name} must be a time like 2026-01-31T12:00:00Z.")
    return found
