"""Items as managers see them: where each stands, what people and judges said, and why it is asked."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from annotation.models import Annotation, Assignment, Item, Queue, Verdict
from annotation.queries import comparisons
from annotation.queries.sides import NAMES

STATES = {
    "asked": "being asked",
    "done": "done",
    "pool": "in the pool",
    "gold": "known answer",
    "disputed": "people disagree",
}
LABELS = {"a": "A is better", "b": "B is better", "tie": "tie", "both_bad": "both bad"}


def listed(queue: Queue, *, state: str = "", task: str = "") -> QuerySet[Item]:
    """The queue's items in one of STATES (or all), each with `answers`, `labels`, `is_waiting` and `is_lent`.

    Repeats do not count: a person who changes their mind is not two people who disagree.
    """
    given = Q(annotations__kind="answer", annotations__round=0, annotations__superseded_by__isnull=True)
    lent = Assignment.objects.open().filter(item=OuterRef("pk"))
    found = Item.objects.filter(queue=queue).annotate(
        answers=Count("annotations", filter=given),
        labels=Count("annotations__answer__choice", filter=given, distinct=True),
        is_waiting=Q(slot__isnull=False),
        is_lent=Exists(lent),
    )
    if task:
        found = found.filter(task=task)
    return found.filter(standing(state)).select_related("gold", "score", "batch")


def standing(state: str) -> Q:
    """The condition behind one of STATES; no state is every item."""
    drawn = Q(batch__isnull=False, gold__isnull=True)
    return {
        "asked": drawn & (Q(slot__isnull=False) | Q(is_lent=True)),
        "done": drawn & Q(slot__isnull=True, is_lent=False),
        "pool": Q(batch__isnull=True, gold__isnull=True),
        "gold": Q(gold__isnull=False),
        "disputed": Q(labels__gt=1),
    }.get(state, Q())


def screen(item: Item) -> dict[str, Any]:
    """The item's sides laid side by side in their stored order: A is side a, B is side b."""
    order = list(item.sides.order_by("index").values_list("index", flat=True))
    return comparisons.screen(Assignment(item=item, queue=item.queue, order=order))


def sides(item: Item) -> list[dict[str, Any]]:
    """Which trace stands on which side."""
    found = item.sides.select_related("trace__policy").defer("trace__messages", "trace__steps", "trace__tools")
    return [{"name": NAMES[side.index], "trace": side.trace} for side in found]


def answers(item: Item, *, names: bool) -> list[dict[str, Any]]:
    """Everything people said about the item, oldest first; what was changed or taken back is marked."""
    rows = Annotation.objects.filter(item=item).select_related("annotator", "superseded_by").order_by("pk")
    return [
        {
            "row": row,
            "who": row.annotator.get_username() if names else f"annotator-{row.annotator_id}",
            "said": said(row),
            "first": NAMES[row.order[0]],
            "rationale": row.answer.get("rationale", ""),
            "correction": row.answer.get("correction"),
            "is_current": not hasattr(row, "superseded_by"),
        }
        for row in rows
    ]


def said(row: Annotation) -> str:
    """The answer in words, by the item's own sides."""
    if row.kind == Annotation.Kind.SKIP:
        return f"skipped: {row.skip_reason}"
    if row.kind == Annotation.Kind.WITHDRAWAL:
        return "took the answer back"
    return LABELS.get(row.answer.get("choice", ""), "rewrote it")


def verdicts(item: Item) -> list[dict[str, Any]]:
    """What each judge said in each order, and whether the order changed its mind."""
    by_judge: dict[str, list[Verdict]] = {}
    for verdict in item.verdicts.select_related("judge").order_by("judge__name", "first"):
        by_judge.setdefault(verdict.judge.name, []).append(verdict)
    return [
        {
            "judge": name,
            "verdicts": [{"row": v, "said": LABELS[v.label], "first": NAMES[v.first]} for v in given],
            "is_steady": len({v.label for v in given}) == 1,
            "mean": sum(v.probability for v in given) / len(given),
        }
        for name, given in by_judge.items()
    ]
