"""How people did on known answers, by the first thing they said: changes to see what counts change nothing."""

from collections import defaultdict
from math import sqrt

from annotation.models import Annotation, User
from annotation.models.annotations import AnnotationQuerySet
from flywheel.records import Estimate

Z = 1.959964  # standard normal quantile of a 95 % interval
TENS = 10  # the share people see of themselves changes with every so many, as otherwise it would tell which were gold


def agreement(project_id: int, user: User) -> Estimate | None:
    """The share of known answers this person gave alike, with its interval, counted in full TENS."""
    seen = met(Annotation.objects.filter(annotator=user, item__queue__project_id=project_id))[user.pk]
    n = len(seen) - len(seen) % TENS
    return wilson(sum(seen[:n]), n)


def met(rows: AnnotationQuerySet) -> dict[int, list[bool]]:
    """annotator → whether each known answer they met among these rows was right at first, the earliest first."""
    found: dict[int, list[bool]] = defaultdict(list)
    first = rows.filter(round=0, item__gold__isnull=False).first_answers()
    for _, who, given, known in sorted(first.values_list("pk", "annotator", "answer__choice", "item__gold__choice")):
        found[who].append(given == known)
    return found


def wilson(right: float, n: int) -> Estimate | None:
    """The share of `right` in `n` with its 95 % interval (Wilson 1927); None of nothing.

    Written out here because the web process imports no numpy, and `flywheel.stats` does.
    """
    if not n:
        return None
    share = right / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Estimate(value=share, low=max(0.0, centre - half), high=min(1.0, centre + half), n=n)
