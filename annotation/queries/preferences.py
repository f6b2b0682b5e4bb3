"""Preferences, derived by query from answers: what releases and the reward head learn from."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from annotation.models import Annotation, Finding, Project, Queue, Round, Trace, Verdict
from annotation.queries import deciders, doubts
from annotation.queries.consensus import Posterior, Sides
from annotation.queries.majorities import ADJUDICATION, Counted, Majority
from annotation.queries.pairs import pair_id
from annotation.queries.told import Answer, answered
from annotation.task_types.mark import step_labels
from annotation.task_types.rankings import pair_labels
from flywheel.datasets.rows import Correction, Demonstration, JudgedPair
from flywheel.datasets.stepwise import Marking
from flywheel.judging.deciding import Decider

STREAM = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which answers a release is made of."""

    queue: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_annotators: int = 1
    min_agreement: float = 0.0
    kinds: tuple[str, ...] = ("preference", "sft", "stepwise")
    policies: tuple[str, ...] = ()
    demonstrations: bool = True
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Pins:
    """The very rows a release is made of, by id; a rebuild reads these, whatever came later."""

    annotations: frozenset[int]
    verdicts: frozenset[int]
    findings: frozenset[int]
    demonstrations: frozenset[int]
    doubted: frozenset[int] = frozenset()  # annotators whose answers weighed less
    deciders: Mapping[str, Decider] = field(default_factory=dict)  # judges that decided what nobody answered


def taken(project: Project, filters: Filters) -> Pins:
    """What these filters take in right now."""
    annotations = frozenset(answers(project, filters).values_list("pk", flat=True))
    shown = frozenset(expert_runs(project, filters).values_list("pk", flat=True))
    judges = deciders.of(project) if filters.judged and "preference" in filters.kinds else {}
    alone = deciders.verdicts(project, judges, queue=filters.queue, since=filters.since, until=filters.until)
    verdicts = Verdict.objects.filter(item__annotations__in=annotations)
    sides = Q(trace__sides__item__annotations__in=annotations) | Q(trace__sides__item__in=alone.values("item"))
    findings = Finding.objects.filter(Q(trace__in=shown) | sides)
    return Pins(
        annotations,
        frozenset(verdicts.values_list("pk", flat=True)) | frozenset(alone.values_list("pk", flat=True)),
        frozenset(findings.values_list("pk", flat=True)),
        shown,
        doubts.weighing_less(project.pk),
        judges,
    )


def answers(project: Project, filters: Filters) -> QuerySet[Annotation]:
    """Answers of normal work and of reviewers that were current at `until`: no repeats, no gold."""
    found = Annotation.objects.answers(at=filters.until)
    found = found.filter(item__queue__project=project, item__gold__isnull=True)
    found = found.filter(round__in=[Round.NORMAL, Round.ADJUDICATION])
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


def counted(given: Iterable[Answer]) -> Counted:
    """The answers to an item, counted; the last of the reviewers decides."""
    votes = Counted()
    for pk, round_, sides, choice, ranking in given:
        is_adjudication = round_ == Round.ADJUDICATION
        votes.whole.add(pk, choice, is_adjudication=is_adjudication)
        if sides == 2:
            votes.pairs[0, 1] = votes.whole  # two runs are never ranked: the whole question is about this pair
            continue
        for i, j, label in pair_labels(choice, ranking, sides):
            votes.pairs.setdefault((i, j), Majority()).add(pk, label, is_adjudication=is_adjudication)
    return votes


def judged_pairs(
    found: QuerySet[Annotation],
    *,
    posteriors: Mapping[Sides, Posterior] | None = None,
    policies: Collection[str] = (),
    verdicts: Collection[int] | None = None,
) -> Iterator[tuple[int, Majority, JudgedPair]]:
    """(item, its votes, judged pair) for each two sides of a compared item that these answers tell apart.

    `posteriors` say what votes come to, where they are known; `policies` keeps the pairs with both sides by these;
    `verdicts` are those that count, all by default.
    """
    known = posteriors or {}
    for shown, answers_given, judge_p in answered(found, verdicts):
        counts, (item, task, propensity, *_, sides) = counted(answers_given), shown
        settled = counts.settled()
        for (i, j), majority in settled.items():
            majority.weighed = known.get((item, i, j))
            (messages_a, tools, policy_a), (messages_b, _, policy_b) = sides[i], sides[j]
            if policies and not {policy_a, policy_b} <= set(policies):
                continue
            pair = JudgedPair(
                pair_id=f"item-{pair_id(item, i, j, len(sides))}",
                task=task,
                messages_a=messages_a,
                messages_b=messages_b,
                tools=tools,
                weight=1 / len(settled),
                judge_p=judge_p,
                propensity=propensity,
                **majority.told(),
            )
            yield item, counts.whole, pair


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
                corrected=rewritten(trace.messages[wanted["message"]], wanted),
                tools=trace.tools,
                propensity=annotation.propensity,
                annotation_ids=(str(annotation.pk),),
            ),
        )


def rewritten(original: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The corrected message: its words are new; its calls are, too, if the correction holds any, else they stay."""
    message: dict[str, Any] = {"role": "assistant", "content": wanted["content"]}
    if "tool_calls" not in wanted:
        return message | ({"tool_calls": original["tool_calls"]} if original.get("tool_calls") else {})
    calls = [
        {"id": f"call_{number}", "type": "function", "function": call}
        for number, call in enumerate(wanted["tool_calls"], start=1)
    ]
    return message | ({"tool_calls": calls} if calls else {})


def markings(found: QuerySet[Annotation], *, policies: Collection[str] = ()) -> Iterator[tuple[Annotation, Marking]]:
    """Every one of these answers that marks steps; of an item that a reviewer marked, the reviewer's last."""
    rows = found.filter(item__queue__kind=Queue.Kind.MARK)
    decided = dict(rows.filter(round=Round.ADJUDICATION).order_by("pk").values_list("item_id", "pk"))
    for annotation in rows.order_by("pk").prefetch_related("item__sides__trace__policy").iterator(STREAM):
        trace = annotation.item.sides.all()[0].trace
        is_unwanted = policies and str(trace.policy) not in policies
        if is_unwanted or decided.get(annotation.item_id, annotation.pk) != annotation.pk:
            continue
        turns = sum(message["role"] == "assistant" for message in trace.messages)
        yield (
            annotation,
            Marking(
                marking_id=f"answer-{annotation.pk}",
                task=trace.task,
                messages=trace.messages,
                labels=step_labels(annotation.answer, turns),
                source=ADJUDICATION if annotation.round == Round.ADJUDICATION else "marking",
                annotation_ids=(str(annotation.pk),),
            ),
        )


def demonstrations(found: Collection[int]) -> Iterator[Demonstration]:
    """These expert runs, as they are."""
    for trace in Trace.objects.filter(pk__in=found).order_by("pk").iterator(STREAM):
        yield Demonstration(trace_id=trace.key, task=trace.task, messages=trace.messages, tools=trace.tools)
