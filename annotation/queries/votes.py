"""Answers and verdicts as the statistics see them: votes and pairs, streamed."""

from collections.abc import Iterator

from django.db.models import QuerySet

from annotation.models import Annotation, Gold, Item, Project, Verdict
from annotation.task_types.registry import KINDS
from flywheel.differences import shared_prefix
from flywheel.records import Pair, Vote

STREAM = 2000
GOLD = "gold"  # the rater behind known answers
SITTING_BREAK = 30 * 60  # seconds without an answer that end a sitting


def votes(project: Project, *, names: bool) -> Iterator[Vote]:
    """Every known answer, current human answer and judge verdict; without names, raters are annotator-<number>."""
    yield from known_answers(project)
    yield from human_votes(project, names=names)
    yield from judge_votes(project)


def known_answers(project: Project) -> Iterator[Vote]:
    """Gold, as votes that are marked so."""
    for gold in Gold.objects.filter(item__queue__project=project).order_by("pk"):
        yield Vote(item=str(gold.item_id), rater=GOLD, kind="human", label=gold.choice, gold=True)


def human_votes(project: Project, *, names: bool) -> Iterator[Vote]:
    """Votes of people in answer order per person, so that sittings can be told apart on the way."""
    answers = (
        Annotation.objects.answers()
        .filter(item__queue__project=project)
        .select_related("annotator", "item__queue")
        .order_by("annotator", "answered_at", "pk")
    )
    rater, sitting, last = None, 0, None
    for answer in answers.iterator(STREAM):
        label = KINDS[answer.item.queue.kind].label(answer.answer)
        if answer.annotator_id != rater:
            rater, sitting, last = answer.annotator_id, 1, None
        if last is not None and (answer.answered_at - last).total_seconds() > SITTING_BREAK:
            sitting += 1
        last = answer.answered_at
        if label is None:
            continue
        name = answer.annotator.get_username() if names else f"annotator-{answer.annotator_id}"
        yield Vote(
            item=str(answer.item_id),
            rater=name,
            kind="human",
            label=label,
            first="a" if answer.order[0] == 0 else "b",
            seconds=answer.active_seconds,
            at=answer.answered_at,
            round=answer.round,
            sitting=f"{name}-{sitting}",
        )


def judge_votes(project: Project) -> Iterator[Vote]:
    """Votes of judges, one per order."""
    verdicts = Verdict.objects.filter(judge__project=project).select_related("judge").order_by("pk")
    for verdict in verdicts.iterator(STREAM):
        yield Vote(
            item=str(verdict.item_id),
            rater=verdict.judge.name,
            kind="judge",
            label=verdict.label,
            first="a" if verdict.first == 0 else "b",
            at=verdict.created_at,
        )


def pairs(project: Project) -> Iterator[Pair]:
    """Every two-sided item as a pair."""
    yield from pairs_of(clusters(project))


def clusters(project: Project) -> QuerySet[Item]:
    """Items that can be voted on; their task is the unit of independence."""
    return Item.objects.filter(queue__project=project, queue__kind="compare").order_by("pk")


def pairs_of(items: QuerySet[Item]) -> Iterator[Pair]:
    """These items as pairs: shared prompt, then what each side went on with."""
    whole = items.prefetch_related("sides__trace__policy").order_by("pk")
    for item in whole.iterator(STREAM // 10):
        sides = list(item.sides.all())
        if len(sides) != 2:
            continue
        told = [side.trace.messages for side in sides]
        prefix = shared_prefix(*told)
        yield Pair(
            item=str(item.pk),
            cluster=item.task,
            prompt=told[0][:prefix],
            a=told[0][prefix:],
            b=told[1][prefix:],
            generator_a=str(sides[0].trace.policy),
            generator_b=str(sides[1].trace.policy),
        )
