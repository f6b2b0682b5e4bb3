"""Preferences, derived by query from answers: what releases and the reward head learn from."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from annotation.models import Annotation, Item, Project, Trace
from flywheel.datasets.rows import Correction, Demonstration, JudgedPair

STREAM = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which answers a release is made of."""

    queue: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_annotators: int = 1
    min_agreement: float = 0.0
    kinds: tuple[str, ...] = ("preference", "sft")
    policies: tuple[str, ...] = ()
    demonstrations: bool = True


@dataclass(frozen=True, slots=True)
class Pins:
    """The very answers and verdicts a release was made of; a rebuild reads these, whatever came later."""

    annotations: frozenset[int]
    verdicts: frozenset[int]


@dataclass(slots=True)
class Majority:
    """The votes on one item, counted."""

    counts: Counter = field(default_factory=Counter)
    annotations: list[int] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many people answered."""
        return sum(self.counts.values())

    @property
    def label(self) -> str:
        """The label of the most people; equal shares for two labels are a tie."""
        (first, most), *rest = self.counts.most_common()
        return "tie" if rest and rest[0][1] == most else first

    @property
    def agreement(self) -> float:
        """Share of the people behind the most frequent label."""
        return self.counts.most_common(1)[0][1] / self.n

    @property
    def posterior(self) -> dict[str, float]:
        """Vote shares."""
        return {label: count / self.n for label, count in sorted(self.counts.items())}


def answers(project: Project, filters: Filters, pins: Pins | None = None) -> QuerySet[Annotation]:
    """Current answers of normal work: no repeats, no gold; or exactly those pinned."""
    if pins is not None:
        return Annotation.objects.filter(item__queue__project=project, pk__in=pins.annotations)
    found = Annotation.objects.answers().filter(item__queue__project=project, round=0, item__gold__isnull=True)
    if filters.queue is not None:
        found = found.filter(item__queue_id=filters.queue)
    if filters.since is not None:
        found = found.filter(answered_at__gte=filters.since)
    if filters.until is not None:
        found = found.filter(answered_at__lt=filters.until)
    return found


def majorities(found: QuerySet[Annotation]) -> dict[int, Majority]:
    """item → its counted votes, for items that were compared."""
    result: dict[int, Majority] = {}
    rows = found.filter(item__queue__kind="compare").order_by("pk").values_list("pk", "item_id", "answer__choice")
    for pk, item, choice in rows.iterator(STREAM * 10):
        majority = result.setdefault(item, Majority())
        majority.counts[choice] += 1
        majority.annotations.append(pk)
    return result


def judged_pairs(
    project: Project, filters: Filters, pins: Pins | None = None
) -> Iterator[tuple[Item, Majority, JudgedPair]]:
    """Items with enough agreeing answers, as judged pairs of whole runs."""
    counted = majorities(answers(project, filters, pins))
    wanted = [
        item
        for item, majority in counted.items()
        if majority.n >= filters.min_annotators and majority.agreement >= filters.min_agreement
    ]
    for item in items_with_sides(wanted):
        a, b = (side.trace for side in item.sides.all())
        if filters.policies and not {str(a.policy), str(b.policy)} <= set(filters.policies):
            continue
        majority = counted[item.pk]
        pair = JudgedPair(
            pair_id=f"item-{item.pk}",
            task=item.task,
            messages_a=a.messages,
            messages_b=b.messages,
            label=majority.label,  # type: ignore[arg-type]  # the database allows only these four
            tools=a.tools,
            n_annotators=majority.n,
            agreement=majority.agreement,
            flip_prob=1 - majority.agreement if majority.n > 1 else None,
            judge_p=judge_probability(item, pins),
            propensity=item.propensity,
            annotation_ids=tuple(str(pk) for pk in majority.annotations),
        )
        yield item, majority, pair


def items_with_sides(ids: Iterable[int]) -> Iterator[Item]:
    """Two-sided items with traces, policies and verdicts loaded, in id order."""
    found = Item.objects.filter(pk__in=list(ids)).order_by("pk")
    found = found.prefetch_related("sides__trace__policy", "verdicts")
    for item in found.iterator(STREAM):
        if len(item.sides.all()) == 2:
            yield item


def judge_probability(item: Item, pins: Pins | None = None) -> float | None:
    """Mean of all judges' P(side 0 is better) over both orders."""
    given = [v.probability for v in item.verdicts.all() if pins is None or v.pk in pins.verdicts]
    return sum(given) / len(given) if given else None


def corrections(
    project: Project, filters: Filters, pins: Pins | None = None
) -> Iterator[tuple[Annotation, Correction]]:
    """Every current answer that rewrites a message."""
    found = answers(project, filters, pins).filter(answer__correction__isnull=False).exclude(answer__correction=None)
    for annotation in found.order_by("pk").prefetch_related("item__sides__trace__policy").iterator(STREAM):
        wanted: dict[str, Any] = annotation.answer["correction"]
        trace = next(s.trace for s in annotation.item.sides.all() if s.index == wanted["side"])
        if filters.policies and str(trace.policy) not in filters.policies:
            continue
        yield (
            annotation,
            Correction(
                correction_id=f"answer-{annotation.pk}",
                task=trace.task,
                messages=trace.messages,
                message=wanted["message"],
                corrected={"role": "assistant", "content": wanted["content"]},
                tools=trace.tools,
                propensity=annotation.propensity,
                annotation_ids=(str(annotation.pk),),
            ),
        )


def demonstrations(project: Project, filters: Filters) -> Iterator[Demonstration]:
    """Expert runs, as they are."""
    found = Trace.objects.filter(project=project).ready().demonstrations().order_by("pk")
    if filters.until is not None:
        found = found.filter(prepared_at__lt=filters.until)
    for trace in found.iterator(STREAM):
        yield Demonstration(trace_id=trace.key, task=trace.task, messages=trace.messages, tools=trace.tools)
