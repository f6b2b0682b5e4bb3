"""Items as managers see them: where each stands, what people and judges said, and why it is asked."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, F, Func, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from annotation.models import Annotation, Assignment, Event, Flag, Item, Queue, Side, Verdict
from annotation.queries import choices, comparisons
from annotation.queries.disputes import REASONS
from annotation.queries.sides import NAMES, displayed_traces
from annotation.task_types import compare
from annotation.task_types.registry import KINDS

STATES = {
    "pool": "in the pool",
    "open": "waiting for people",
    "lent": "lent out",
    "done": "done",
    "disputed": "people disagree",
    "skipped": "somebody skipped it",
    "flagged": "flagged",
    "closed": "closed early",
    "gold": "known answer",
}
CLOSING = ("skips", "closed")  # why an item was closed before it had all its answers
CHOICES = ("a", "b", "tie", "both_bad")  # of a known answer, and of a judge


def listed(queue: Queue, filters: Mapping[str, Any]) -> QuerySet[Item]:
    """The queue's items by state (one of STATES), task (a part of it), policy, selected_by and boost; empty is any."""
    found = Item.objects.filter(queue=queue).filter(standing(queue, filters.get("state", "")))
    if task := filters.get("task"):
        found = found.filter(task__icontains=task)
    if policy := filters.get("policy"):
        found = found.filter(Exists(Side.objects.filter(item=OuterRef("pk"), trace__policy=policy)))
    if selected_by := filters.get("selected_by"):
        found = found.filter(selected_by=selected_by)
    if filters.get("boost"):
        found = found.filter(boost__gt=0)
    return found


def described(items: QuerySet[Item]) -> QuerySet[Item]:
    """Each item with `answers`, `labels`, `skips`, `open_flags`, `is_waiting`, `is_lent`; counted for the rows shown only.

    Repeats do not count: a person who changes their mind is not two people who disagree.
    """
    mine = Assignment.objects.filter(item=OuterRef("pk"))
    flags = Flag.objects.filter(item=OuterRef("pk"), closed_at__isnull=True)
    return items.annotate(
        answers=counted(given()),
        labels=counted(given(), "answer__choice"),
        skips=counted(mine.filter(state=Assignment.State.SKIPPED)),
        open_flags=counted(flags),
        is_waiting=Q(slot__isnull=False),
        is_lent=Exists(mine.open()),
    ).select_related("gold", "score", "batch")


def given() -> QuerySet[Annotation]:
    """The answers of normal work on the item of the query around this one."""
    return Annotation.objects.answers().filter(item=OuterRef("pk"), round=0)


def live() -> Subquery:
    """How many people hold the item or have answered it, in normal work."""
    held = (Assignment.State.OPEN, Assignment.State.DONE)
    return counted(Assignment.objects.filter(item=OuterRef("pk"), round=0, state__in=held))


def counted(rows: QuerySet[Any], field: str = "pk") -> Subquery:
    """How many different values, as a subquery of its own: joins would multiply each other's rows."""
    # Func, not Count: an aggregate would group the subquery, and no group is no row instead of 0.
    number = Func(F(field), template="COUNT(DISTINCT %(expressions)s)", output_field=IntegerField())
    return Subquery(rows.order_by().annotate(number=number).values("number"))


def standing(queue: Queue, state: str) -> Q:
    """The condition behind one of STATES; no state is every item."""
    drawn = Q(batch__isnull=False, gold__isnull=True)
    lent = Assignment.objects.open().filter(queue=queue).values("item")
    skipped = Assignment.objects.filter(queue=queue, state=Assignment.State.SKIPPED).values("item")
    flagged = Flag.objects.filter(item__queue=queue, closed_at__isnull=True).values("item")
    conditions = {
        "pool": Q(batch__isnull=True, gold__isnull=True),
        "open": drawn & Q(slot__isnull=False),
        "lent": Q(pk__in=lent),
        "done": drawn & Q(slot__isnull=True) & ~Q(pk__in=lent),
        "disputed": Q(pk__in=disputed(queue)),
        "skipped": Q(pk__in=skipped),
        "flagged": Q(pk__in=flagged),
        "closed": Q(slot__isnull=True, pk__in=closed(queue)),
        "gold": Q(gold__isnull=False),
    }
    return conditions.get(state, Q())


def disputed(queue: Queue) -> QuerySet[Annotation, Any]:
    """Items whose people chose differently."""
    # Not a count of different choices: the smallest and the largest need no sorting.
    choice = KeyTextTransform("choice", "answer")
    rows = Annotation.objects.answers().filter(assignment__queue=queue, round=0).values("item")
    return rows.annotate(low=Min(choice), high=Max(choice)).filter(low__lt=F("high")).values("item")


def closed(queue: Queue) -> QuerySet[Event, Any]:
    """Items whose newest decision about their target was to close them."""
    decisions = Event.objects.filter(project=queue.project_id, verb="item.retargeted").values("subject")
    closing = Q(detail__why__in=CLOSING)
    newest = decisions.annotate(closed=Max("pk", filter=closing), other=Max("pk", filter=~closing))
    return newest.filter(closed__gt=Coalesce("other", 0)).values("subject")


def decisions(project: int, ids: list[int]) -> dict[int, str]:
    """item → why its newest target was decided; of these items, those with a decision of their own."""
    rows = Event.objects.filter(project=project, verb="item.retargeted", subject__in=ids).order_by("pk")
    return {subject: why for subject, why in rows.values_list("subject", "detail__why") if subject} if ids else {}


def where(item: Item) -> str:
    """Where a described item stands, in the words of its list."""
    if hasattr(item, "gold"):
        return "known answer"
    if item.batch_id is None:
        return "in the pool"
    row: Any = item
    return "waiting" if row.is_waiting else "lent out" if row.is_lent else "done"


def drawn(item: Item) -> str:
    """How it came out of the pool, in words."""
    return dict(Item.Selection.choices).get(item.selected_by, "by hand") if item.batch_id else ""


def score_of(item: Item) -> float | None:
    """How much the selector thinks of the item."""
    return item.score.value if hasattr(item, "score") else None


def known_answer(item: Item) -> str:
    """The item's known answer, if it is gold."""
    return item.gold.choice if hasattr(item, "gold") else ""


def screen(item: Item) -> dict[str, Any]:
    """The item's sides laid side by side in their stored order: A is side a, B is side b."""
    order = list(item.sides.order_by("index").values_list("index", flat=True))
    unlent = Assignment(item=item, queue=item.queue, order=order)
    return comparisons.screen(unlent, displayed_traces(unlent))


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
            "said": said(row, item.queue.kind),
            "first": NAMES[row.order[0]],
            "rationale": row.answer.get("rationale", ""),
            "reason": REASONS.get(row.answer.get("reason", ""), ""),
            "correction": correction(row),
            "is_current": not hasattr(row, "superseded_by"),
        }
        for row in rows
    ]


def correction(row: Annotation) -> dict[str, Any] | None:
    """The rewritten message with the name of its side."""
    rewritten = row.answer.get("correction")
    return {**rewritten, "name": NAMES[rewritten["side"]]} if rewritten else None


def said(row: Annotation, kind: str) -> str:
    """The answer in words, by the item's own sides, whatever its person saw first."""
    if row.kind == Annotation.Kind.SKIP:
        return f"skipped: {row.skip_reason}"
    if row.kind == Annotation.Kind.WITHDRAWAL:
        return "took the answer back"
    return choices.said(KINDS[kind].displayed(row.answer, sorted(row.order)), len(row.order))


def label(choice: str) -> str:
    """A known answer, or what a judge said, in the same words."""
    return choices.said({"choice": compare.shown(choice, (0, 1))})


def verdicts(item: Item) -> list[dict[str, Any]]:
    """What each judge said in each order, and whether the order changed its mind."""
    by_judge: dict[str, list[Verdict]] = {}
    for verdict in item.verdicts.select_related("judge").order_by("judge__name", "first"):
        by_judge.setdefault(verdict.judge.name, []).append(verdict)
    return [
        {
            "judge": name,
            "verdicts": [{"row": v, "said": label(v.label), "first": NAMES[v.first]} for v in given],
            "is_steady": len({v.label for v in given}) == 1,
            "mean": sum(v.probability for v in given) / len(given),
        }
        for name, given in by_judge.items()
    ]
