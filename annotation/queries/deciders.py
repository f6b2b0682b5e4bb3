"""Judges that may decide without a person, and what they decide of the pairs that nobody answered."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from annotation.models import Annotation, Item, Project, Queue, Verdict
from annotation.queries import reports
from annotation.queries.pairs import pair_id, pair_of
from annotation.queries.told import Told, told
from flywheel import records
from flywheel.datasets.excluded import Excluded
from flywheel.datasets.rows import JUDGE, JudgedPair
from flywheel.judging.deciding import Decider, Decision, Sway, Undecided, decide
from flywheel.records import Estimate

STREAM = 200
OWN_FAMILY = "own_family"
Numbers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """A pair that judges alone decided, or why they may not: of an item, and by whom."""

    item: int
    pair: JudgedPair | Excluded
    judges: tuple[str, ...] = ()


def of(project: Project) -> dict[str, Decider]:
    """The judges that may decide alone now, by name, with their last check on known answers and what the newest report says."""
    newest = reports.latest(project, "bias")
    measured = newest.numbers.get("judges", {}) if newest else {}
    allowed = project.judges.filter(is_active=True, is_automatic=True, gate__accuracy__isnull=False).order_by("name")
    return {
        name: Decider(name, Estimate(**accuracy), sways(measured.get(name) or {}))
        for name, accuracy in allowed.values_list("name", "gate__accuracy")
    }


def sways(measured: Numbers) -> dict[str, Sway]:
    """The features that a report calls a judge biased in; its family is best told by what its models are worth to others."""
    found = {
        feature: Sway(one["effect_pp"]["value"], one["spread"])
        for feature, one in (measured.get("features") or {}).items()
        if one["verdict"] == "biased"
    }
    favour = measured.get("self_preference")
    if favour and favour["verdict"] == "biased":
        found[OWN_FAMILY] = Sway(favour["effect_pp"]["value"], 1.0)
    return found


def verdicts(
    project: Project,
    judges: Collection[str],
    *,
    queue: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Verdict]:
    """What these judges said from `since` to `until` of pairs that nobody had answered at `until`, known answers left out."""
    answered = Annotation.objects.answers(at=until).filter(item=OuterRef("item"))
    found = Verdict.objects.filter(judge__project=project, judge__name__in=list(judges), item__gold__isnull=True)
    found = found.filter(item__queue__kind=Queue.Kind.COMPARE, item__queue__sides=2).filter(~Exists(answered))
    if queue is not None:
        found = found.filter(item__queue=queue)
    if since is not None:
        found = found.filter(created_at__gte=since)
    return found if until is None else found.filter(created_at__lt=until)


def decided(
    given: Collection[int], answered: Collection[int], deciders: Mapping[str, Decider], *, policies: Collection[str]
) -> Iterator[Decided]:
    """What the given verdicts (by id) come to on items of which none of the answers (by id) speaks, in item order.

    `policies` keeps the pairs with both sides by these.
    """
    if not deciders:
        return
    spoken_of = Annotation.objects.filter(pk__in=answered).values("item")
    rows = Verdict.objects.filter(pk__in=given, judge__name__in=list(deciders)).exclude(item__in=spoken_of)
    fields = ("item_id", "judge__name", "first", "label", "probability")
    found = rows.order_by("item", "pk").values_list(*fields).iterator(STREAM * 10)
    by_item = ((item, [record(*row) for row in of_item]) for item, of_item in groupby(found, key=itemgetter(0)))
    while some := dict(islice(by_item, STREAM)):
        for shown in told(Item.objects.filter(pk__in=some)):
            if policies and not {policy for _, _, policy in shown.sides} <= set(policies):
                continue
            reached = decide(pair_of(shown, 0, 1), some[shown.item], deciders)
            if reached is not None:
                yield as_decided(shown, reached)


def record(item: int, judge: str, first: int, label: str, probability: float) -> records.Verdict:
    """A verdict as the core sees it."""
    side = "a" if first == 0 else "b"
    return records.Verdict(item=str(item), judge=judge, first=side, label=label, probability=probability)  # type: ignore[arg-type]  # the database allows only the four labels


def as_decided(shown: Told, reached: Decision | Undecided) -> Decided:
    """The pair with what judges decided, or its reason."""
    name = f"item-{pair_id(shown.item, 0, 1, 2)}"
    if isinstance(reached, Undecided):
        return Decided(shown.item, Excluded(name, reached.reason, reached.detail))
    (messages_a, tools, _), (messages_b, _, _) = shown.sides
    pair = JudgedPair(
        pair_id=name,
        task=shown.task,
        messages_a=messages_a,
        messages_b=messages_b,
        label=reached.label,
        tools=tools,
        n_annotators=0,
        flip_prob=reached.flip_prob,
        judge_p=reached.probability,
        propensity=shown.propensity,
        source=JUDGE,
    )
    return Decided(shown.item, pair, reached.judges)
