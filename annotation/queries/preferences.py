"""Preferences, derived by query from answers: what releases and the reward head learn from."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from annotation.models import Annotation, Finding, Item, Project, Trace, Verdict
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
    """The very rows a release is made of, by id; a rebuild reads these, whatever came later."""

    annotations: frozenset[int]
    verdicts: frozenset[int]
    findings: frozenset[int]
    demonstrations: frozenset[int]


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


def taken(project: Project, filters: Filters) -> Pins:
    """What these filters take in right now."""
    annotations = frozenset(answers(project, filters).values_list("pk", flat=True))
    shown = frozenset(expert_runs(project, filters).values_list("pk", flat=True))
    verdicts = Verdict.objects.filter(item__annotations__in=annotations)
    findings = Finding.objects.filter(Q(trace__in=shown) | Q(trace__sides__item__annotations__in=annotations))
    return Pins(
        annotations,
        frozenset(verdicts.values_list("pk", flat=True)),
        frozenset(findings.values_list("pk", flat=True)),
        shown,
    )


def answers(project: Project, filters: Filters) -> QuerySet[Annotation]:
    """Answers of normal work that were current at `until`: no repeats, no gold."""
    found = Annotation.objects.answers(at=filters.until)
    found = found.filter(item__queue__project=project, round=0, item__gold__isnull=True)
    if filters.queue is not None:
        found = found.filter(item__queue_id=filters.queue)
    if filters.since is not None:
        found = found.filter(answered_at__gte=filters.since)
    return found


def expert_runs(project: Project, filters: Filters) -> QuerySet[Trace]:
    """Demonstrations that were ready at `until`, if they are wanted."""
    if not (filters.demonstrations and "sft" in filters.kinds):
        return Trace.objects.none()
    found = Trace.objects.filter(project=project).ready().demonstrations()
    return found if filters.until is None else found.filter(prepared_at__lt=filters.until)


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
    found: QuerySet[Annotation], *, policies: Collection[str] = (), verdicts: Collection[int] | None = None
) -> Iterator[tuple[Item, Majority, JudgedPair]]:
    """What these answers say of each compared item, as judged pairs of whole runs.

    `policies` keeps the items with both sides by these; `verdicts` are those that count, all by default.
    """
    counted = majorities(found)
    for item in items_with_sides(counted):
        a, b = (side.trace for side in item.sides.all())
        if policies and not {str(a.policy), str(b.policy)} <= set(policies):
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
            judge_p=judge_probability(item, verdicts),
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


def judge_probability(item: Item, verdicts: Collection[int] | None) -> float | None:
    """Mean of the judges' P(side 0 is better) over both orders."""
    given = [verdict.probability for verdict in item.verdicts.all() if verdicts is None or verdict.pk in verdicts]
    return sum(given) / len(given) if given else None


def corrections(
    found: QuerySet[Annotation], *, policies: Collection[str] = ()
) -> Iterator[tuple[Annotation, Correction]]:
    """Every one of these answers that rewrites a message; `policies` keeps the rewritten runs of these."""
    rewriting = found.filter(answer__correction__isnull=False).exclude(answer__correction=None)
    for annotation in rewriting.order_by("pk").prefetch_related("item__sides__trace__policy").iterator(STREAM):
        wanted: dict[str, Any] = annotation.answer["correction"]
        trace = next(s.trace for s in annotation.item.sides.all() if s.index == wanted["side"])
        if policies and str(trace.policy) not in policies:
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


def demonstrations(found: Collection[int]) -> Iterator[Demonstration]:
    """These expert runs, as they are."""
    for trace in Trace.objects.filter(pk__in=found).order_by("pk").iterator(STREAM):
        yield Demonstration(trace_id=trace.key, task=trace.task, messages=trace.messages, tools=trace.tools)
