"""What a release would hold, before it is made."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from annotation.errors import Invalid
from annotation.models import Annotation, Project
from annotation.queries import consensus, deciders, preferences
from annotation.queries.consensus import Posterior, Sides
from annotation.queries.majorities import ADJUDICATION, Majority
from annotation.queries.preferences import Filters, Pins
from flywheel.datasets.excluded import Excluded
from flywheel.datasets.rows import JudgedPair, Row, Rows, build

EXAMPLES = 3  # of each reason
KINDS = ("preference", "sft", "stepwise")


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts of rows and exclusions, with the first examples of each reason."""

    preference: int
    sft: int
    stepwise: int
    tasks: int
    sources: dict[str, int]
    excluded: dict[str, int]
    examples: list[Excluded]


def preview(*, project: Project, filters: dict[str, Any]) -> Preview:
    """What `filters` would give right now."""
    wanted = parsed(filters)
    weighed = consensus.posteriors(project.queues.all())  # a release weighs its own answers anew
    rows = collected(wanted, preferences.taken(project, wanted), weighed).rows
    exported: list[Row] = [*rows.preference, *rows.sft, *rows.stepwise]
    return Preview(
        preference=len(rows.preference),
        sft=len(rows.sft),
        stepwise=len(rows.stepwise),
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
    """Rows, and by row id the items, votes and judges behind them."""

    rows: Rows
    items: dict[str, int]
    majorities: dict[str, Majority]
    judges: dict[str, tuple[str, ...]]


def collected(filters: Filters, pins: Pins, posteriors: Mapping[Sides, Posterior]) -> Collected:
    """All rows and exclusions that these filters make of what is pinned, and of what its votes come to."""
    found = Annotation.objects.filter(pk__in=pins.annotations)
    wants_pairs, wants_sft = "preference" in filters.kinds, "sft" in filters.kinds
    wants_marks = "stepwise" in filters.kinds
    pairs: list[JudgedPair] = []
    short: list[Excluded] = []
    items, majorities, judges = {}, {}, {}
    if wants_pairs:
        for item, majority, pair in preferences.judged_pairs(
            found, posteriors=posteriors, policies=filters.policies, verdicts=pins.verdicts
        ):
            items[pair.pair_id] = item
            if missing := shortfall(pair, filters):
                short.append(missing)
            else:
                pairs.append(pair)
                majorities[pair.pair_id] = majority
    for one in deciders.decided(pins.verdicts, pins.annotations, pins.deciders, policies=filters.policies):
        if isinstance(one.pair, Excluded):
            short.append(one.pair)
            continue
        pairs.append(one.pair)
        items[one.pair.pair_id], judges[one.pair.pair_id] = one.item, one.judges
    corrections = []
    for annotation, correction in preferences.corrections(found, policies=filters.policies):
        items[correction.correction_id] = annotation.item_id
        corrections.append(correction)
    markings = []
    for annotation, marking in preferences.markings(found, policies=filters.policies) if wants_marks else ():
        items[marking.marking_id] = annotation.item_id
        markings.append(marking)
    rows = build(pairs, corrections, preferences.demonstrations(pins.demonstrations), markings)
    rows = Rows(
        rows.preference if wants_pairs else [],
        rows.sft if wants_sft else [],
        [*rows.excluded, *short],
        rows.stepwise,
    )
    return Collected(rows, items, majorities, judges)


def shortfall(pair: JudgedPair, filters: Filters) -> Excluded | None:
    """Why people's votes on a pair are not enough for these filters, if they are not; a reviewer's decision is."""
    if pair.source == ADJUDICATION:
        return None
    if pair.n_annotators < filters.min_annotators:
        return Excluded(pair.pair_id, "few_annotators", f"{pair.n_annotators} of {filters.min_annotators}")
    if pair.agreement is not None and pair.agreement < filters.min_agreement:
        return Excluded(pair.pair_id, "low_agreement", f"{pair.agreement:.0%} of {pair.n_annotators}")
    return None


def parsed(filters: dict[str, Any]) -> Filters:
    """Checked filters from JSON or a form, or one sentence saying what is wrong."""
    if not isinstance(filters, dict):
        raise Invalid("Filters are an object, such as {}.")
    unknown = sorted(set(filters) - set(Filters.__dataclass_fields__))
    if unknown:
        raise Invalid(f"There is no filter called {', '.join(unknown)}.")
    kinds = names(filters.get("kinds"), "kinds") or KINDS
    if not set(kinds) <= set(KINDS):
        raise Invalid(f"kinds may hold {', '.join(KINDS)}.")
    return Filters(
        queue=whole(filters.get("queue"), "queue"),
        since=moment(filters.get("since"), "since"),
        until=moment(filters.get("until"), "until"),
        min_annotators=whole(filters.get("min_annotators"), "min_annotators") or 1,
        min_agreement=share(filters.get("min_agreement")),
        kinds=kinds,
        policies=names(filters.get("policies"), "policies"),
        demonstrations=flag(filters.get("demonstrations", True), "demonstrations"),
        judged=flag(filters.get("judged", False), "judged"),
    )


def frozen(filters: Filters) -> dict[str, Any]:
    """The filters as they are stored and written into the manifest."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for key, value in asdict(filters).items()
    }


def whole(value: Any, name: str) -> int | None:
    """A whole number or nothing."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"{name} must be a whole number.")
    if not 0 <= value < 2**62:
        raise Invalid(f"{name} is out of range.")
    return value


def flag(value: Any, name: str) -> bool:
    """True or false, and nothing that only looks like it."""
    if not isinstance(value, bool):
        raise Invalid(f"{name} must be true or false.")
    return value


def names(value: Any, name: str) -> tuple[str, ...]:
    """Texts from a list; nothing is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise Invalid(f"{name} must be a list of names.")
    return tuple(value)


def share(value: Any) -> float:
    """A number from 0 to 1; nothing is 0."""
    try:
        number = float(value or 0)
    except (TypeError, ValueError, OverflowError):
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
