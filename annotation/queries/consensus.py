"""What people together say of an item, as it was weighed last."""

from collections.abc import Iterable, Mapping
from math import exp, log
from statistics import median

from annotation.models import Consensus, Queue, Weighing

Sides = tuple[int, int, int]  # an item and two of its sides
Posterior = dict[str, float]  # label → probability
NEVER, ALWAYS = 0.01, 0.99  # nobody is taken to be wrong, or right, without exception


def posteriors(queues: Iterable[Queue]) -> dict[Sides, Posterior]:
    """(item, side, side) → posterior of its label, for items of two sides in these queues."""
    runs = Weighing.objects.filter(queue__in=queues).values("run")
    rows = Consensus.objects.filter(run__in=runs).values_list("item", "posterior")
    return {(item, 0, 1): posterior for item, posterior in rows.iterator(2000)}


def certainty(queue: Queue, said: Mapping[int, str | None]) -> float | None:
    """Probability of the likeliest label of an item (annotator → label), by how often each was right before.

    The E step of the one-coin model (Dawid & Skene 1979) with the accuracies of the last weighing and equal priors;
    somebody new counts as the median person. None before the first weighing, and in queues that are not weighed.
    """
    accuracies = Weighing.objects.filter(queue=queue).values_list("people", flat=True).first()
    if not accuracies:
        return None
    labels = queue.sides + 2  # each side, tie, both bad
    usual = median(accuracies.values())
    right = {who: min(max(accuracies.get(str(who), usual), NEVER), ALWAYS) for who in said}
    told = {
        label: sum(log(p if said[who] == label else (1 - p) / (labels - 1)) for who, p in right.items())
        for label in set(said.values())
    }
    unsaid = sum(log((1 - p) / (labels - 1)) for p in right.values())
    whole = sum(map(exp, told.values())) + (labels - len(told)) * exp(unsaid)
    return exp(max(told.values())) / whole
