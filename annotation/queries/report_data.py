"""What each kind of report is made of: the same votes and pairs again, as often as somebody wants to check it."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Literal

from django.db.models import Exists, OuterRef, Q

from annotation.models import Annotation, Gold, Project, Report, Verdict
from annotation.queries import pairs, votes
from annotation.queries.votes import Cut
from flywheel.formats import pairs as pair_format

FILES = ("votes.jsonl", "pairs.jsonl")


# Whose texts each kind of report looks at: of items that people and judges spoke of, or people; of others the task.
KINDS: dict[str, Literal["judged", "answered", "none"]] = {
    "bias": "judged", "people": "answered", "agreement": "judged", "win-rate": "none",
}  # fmt: skip


def lines(report: Report, name: str) -> Iterator[str]:
    """A file of the report, line by line; people are annotator-<number>."""
    cut = Cut(**report.cut)
    return vote_lines(report.project, cut) if name == FILES[0] else pair_lines(report.project, report.kind, cut)


def vote_lines(project: Project, cut: Cut) -> Iterator[str]:
    """votes.jsonl as it was at the cut."""
    return votes.vote_lines(project, names=False, cut=cut)


def pair_lines(project: Project, kind: str, cut: Cut) -> Iterator[str]:
    """pairs.jsonl of the items somebody spoke of by the cut, with texts where this kind of report looks at them."""
    given = Annotation.objects.filter(item=OuterRef("pk"), kind=Annotation.Kind.ANSWER, pk__lte=cut.annotation)
    judged = Verdict.objects.filter(item=OuterRef("pk"), pk__lte=cut.verdict)
    known = Gold.objects.filter(item=OuterRef("pk"), pk__lte=cut.gold)
    spoken_of = pairs.compared(project).filter(Exists(given) | Exists(judged) | Exists(known))
    wanted = {"judged": Q(Exists(given), Exists(judged)), "answered": Q(Exists(given)), "none": Q(pk=None)}
    read = wanted[KINDS[kind]]
    found = chain(pairs.pairs_of(spoken_of.filter(read)), pairs.pairs_of(spoken_of.exclude(read), texts=False))
    for pair in found:
        yield json.dumps(pair_format.dump(pair), ensure_ascii=False)
