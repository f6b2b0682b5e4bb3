"""What people together say of an item, as it was weighed last."""

from collections.abc import Iterable

from annotation.models import Consensus, Queue, Weighing

Sides = tuple[int, int, int]  # an item and two of its sides
Posterior = dict[str, float]  # label → probability


def posteriors(queues: Iterable[Queue]) -> dict[Sides, Posterior]:
    """(item, side, side) → posterior of its label, for items of two sides in these queues."""
    runs = Weighing.objects.filter(queue__in=queues).values("run")
    rows = Consensus.objects.filter(run__in=runs).values_list("item", "posterior")
    return {(item, 0, 1): posterior for item, posterior in rows.iterator(2000)}
