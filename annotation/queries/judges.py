"""Judges with what is known about them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Sum
from django.urls import reverse

from annotation.models import Judge, Project, Verdict
from annotation.queries import bias, deciders, reports

HOW_KNOWN = (
    "The judge's leaning in both orders is averaged, so that liking what comes first cancels out; "
    "where it leans to neither side, it counts as wrong."
)


def verdicts(project: Project) -> Iterator[tuple[Any, ...]]:
    """Every verdict, oldest first: judge, item, task, side shown first, label, P(a is better), cost, time."""
    rows = Verdict.objects.filter(judge__project=project).order_by("pk")
    fields = ("judge__name", "item", "item__task", "first", "label", "probability", "cost", "created_at")
    for name, item, task, first, *rest in rows.values_list(*fields).iterator(2000):
        yield name, item, task, "ab"[first], *rest


def spent(judge: Judge) -> dict[str, Any]:
    """How many verdicts it gave, and what they cost."""
    return judge.verdicts.aggregate(n=Count("pk"), cost=Sum("cost"))


def listed(project: Project) -> list[dict[str, Any]]:
    """Each judge with its verdicts, its cost, its check on known answers, and its part of the newest bias report."""
    newest = reports.latest(project, "bias")
    measured = newest.numbers.get("judges", {}) if newest else {}
    rows = project.judges.annotate(n_verdicts=Count("verdicts"), cost=Sum("verdicts__cost")).order_by("name")
    return [
        {
            "judge": judge,
            "gate": judge.gate,
            "how_known": HOW_KNOWN,
            "is_fit": (judge.gate or {}).get("sentence", "").startswith("accepted"),
            "bias": (measured.get(judge.name) or {}).get("position"),
            "agreement": (measured.get(judge.name) or {}).get("agreement"),
            "sways": [bias.FEATURES.get(name, name) for name in sorted(deciders.sways(measured.get(judge.name) or {}))],
        }
        for judge in rows
    ]


def kappas(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a forest plot: the agreement of each listed judge with people, where it is known."""
    known = [(row["judge"], (row["agreement"] or {}).get("kappa")) for row in rows]
    return [
        {"label": judge.name, "href": reverse("judge", args=[judge.pk]), **kappa} for judge, kappa in known if kappa
    ]
