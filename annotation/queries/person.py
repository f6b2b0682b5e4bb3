"""One person's page: what the newest report says of them, doubts, and where they and the others differ."""

from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.fields.json import KT

from annotation.models import Annotation, Consensus, Doubt, Project, Queue, Report, User
from annotation.queries import habits, items, raters
from annotation.queries.doubts import INVERTED

DISAGREEMENTS = 20


def found(project: Project, who: str) -> User | None:
    """Somebody who is or was at work in the project, by user name, or else by number."""
    people = raters.at_work(project)
    named = people.filter(username=who).first()
    is_number = who.isascii() and who.isdecimal() and len(who) < 19
    return named or (people.filter(pk=int(who)).first() if is_number else None)


def told(report: Report | None, person: User) -> dict[str, Any]:
    """What the report says of them; empty where it does not know them."""
    everybody: dict[str, dict[str, Any]] = report.numbers.get("annotators", {}) if report else {}
    return everybody.get(f"annotator-{person.pk}", {})


def page(report: Report | None, person: User) -> dict[str, Any]:
    """All sections of the page."""
    one = told(report, person)
    return {
        "one": one,
        "flags": habits.flags(one.get("flags", [])),
        "reliability": habits.reliability(one),
        "sides": habits.sides(one),
        "speed": habits.speed(one),
        "swayed": habits.swayed(one),
        "course": habits.course(one),
    }


def doubts(project: Project, person: User) -> dict[str, list[dict[str, Any]]]:
    """The open doubt about them, and those of before with their reasons, the newest first."""
    rows = Doubt.objects.filter(project=project, annotator=person).select_related("withdrawn_by").order_by("-pk")
    told: dict[str, list[dict[str, Any]]] = {"doubts": [], "past": []}
    for row in rows:
        found = {"row": row, "flags": habits.flags(row.flags), "is_inverted": INVERTED in row.flags}
        told["past" if row.withdrawn_at else "doubts"].append(found)
    return told


def disagreements(project: Project, person: User) -> list[dict[str, Any]]:
    """Their newest answers that are not what all answers on the item come to, of comparisons that others answered too."""
    weighed = Consensus.objects.filter(item=OuterRef("item"), run=OuterRef("item__queue__weighing__run"), n__gte=2)
    rows = Annotation.objects.answers().filter(annotator=person, item__queue__project=project, round=0)
    rows = rows.filter(item__queue__kind=Queue.Kind.COMPARE, item__gold__isnull=True).annotate(
        said=KT("answer__choice")
    )
    differing = rows.filter(Exists(weighed.exclude(label=OuterRef("said"))))
    newest = list(differing.select_related("item__queue").order_by("-pk")[:DISAGREEMENTS])
    runs = Consensus.objects.filter(item__in=[row.item_id for row in newest], run=F("item__queue__weighing__run"))
    together = {one.item_id: one for one in runs}
    return [
        {
            "row": row,
            "said": items.said(row, row.item.queue.kind),
            "together": items.label(together[row.item_id].label),
            "chance": together[row.item_id].posterior.get(together[row.item_id].label),
            "people": together[row.item_id].n,
        }
        for row in newest
    ]
