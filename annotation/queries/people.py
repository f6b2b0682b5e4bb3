"""How each annotator's work looks, in figures that carry their uncertainty."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse

from annotation.models import Annotation, Doubt, Project, Report, User
from annotation.queries import golds, habits, person, raters
from flywheel.records import Estimate


@dataclass(slots=True)
class Tally:
    """What one person answered."""

    answers: int = 0
    seconds: float = 0.0
    gold_right: int = 0
    gold: int = 0
    first: int = 0
    decided: int = 0


def listed(project: Project, report: Report | None = None) -> list[dict[str, Any]]:
    """Everybody who answered or may answer, with answers, known answers met, how often the first side won, and what the
    report says of them.
    """
    tallies = counted(project)
    skips = skipped(project)
    doubted = set(Doubt.objects.filter(project=project, withdrawn_at__isnull=True).values_list("annotator", flat=True))
    members = User.objects.filter(memberships__project=project, memberships__role="annotator")
    people = User.objects.filter(pk__in=[*tallies, *skips]).union(members).order_by("username")
    return [
        line(one, tallies.get(one.pk, Tally()), skips.get(one.pk, 0))
        | of_report(person.told(report, one))
        | {"is_doubted": one.pk in doubted}
        for one in people
    ]


def of_report(one: Mapping[str, Any]) -> dict[str, Any]:
    """What the list shows of the report."""
    quality, drift = one.get("quality"), one.get("drift")
    return {
        "informativeness": quality and quality["informativeness"],
        "flags": habits.flags(one.get("flags", [])),
        "is_falling": bool(drift and drift["is_falling"]),
    }


def together(report: Report, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the report says of all: a forest plot of informativeness, pooled findings, and what is lacking."""
    known = [row for row in rows if row["informativeness"]]
    slug = report.project.slug
    forest = [
        {"label": name, "href": reverse("person", args=[slug, name]), **row["informativeness"]}
        for row in known
        for name in [row["person"].username]
    ]
    gaps = raters.named(report.numbers.get("not_possible", []), raters.names_of(report.project))
    return {
        "forest": sorted(forest, key=lambda row: -row["value"]),
        "pooled": habits.pooled(report.numbers.get("pooled", {})),
        "not_possible": gaps,
    }


def counted(project: Project) -> dict[int, Tally]:
    """annotator → tally over current answers of normal work and known answers, of these by the first answer."""
    tallies: dict[int, Tally] = defaultdict(Tally)
    given = Annotation.objects.filter(item__queue__project=project)
    rows = given.answers().filter(round=0).values_list("annotator", "answer__choice", "order", "active_seconds")
    for annotator, choice, order, seconds in rows.iterator(2000):
        tally = tallies[annotator]
        tally.answers += 1
        tally.seconds += seconds
        if choice in ("a", "b") and len(order) == 2:  # with more sides the first is no half of them
            tally.decided += 1
            tally.first += "ab".index(choice) == order[0]
    for annotator, right in golds.met(given).items():
        tallies[annotator].gold, tallies[annotator].gold_right = len(right), sum(right)
    return tallies


def skipped(project: Project) -> dict[int, int]:
    """annotator → items passed on."""
    rows = Annotation.objects.filter(item__queue__project=project, kind=Annotation.Kind.SKIP)
    return dict(rows.values("annotator").annotate(skips=Count("pk")).values_list("annotator", "skips"))


def line(person: User, tally: Tally, skips: int) -> dict[str, Any]:
    """One person's row."""
    first = golds.wilson(tally.first, tally.decided)
    return {
        "person": person,
        "answers": tally.answers,
        "skips": skips,
        "seconds": tally.seconds / tally.answers if tally.answers else None,
        "gold": golds.wilson(tally.gold_right, tally.gold),
        "gold_right": tally.gold_right,
        "first": first,
        "leaning": leaning(first),
    }


def leaning(first: Estimate | None) -> str:
    """What the share of first places says, kindly: only a clear lean is named."""
    if first is None:
        return "nothing to say yet"
    if first.low > 0.5:
        return "leans to what is shown first"
    if first.high < 0.5:
        return "leans to what is shown second"
    return "no lean seen" if first.n >= 100 else "too few answers to tell"
