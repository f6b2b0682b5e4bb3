"""Chance-corrected coefficients, 1 − observed / expected disagreement, with intervals over items or their clusters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals

# Maps (b, P) numbers of rows of each kind to observed and expected disagreement, (b,) each, in [0, 1].
Disagreements = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

NEEDED_ITEMS = 5  # below this an interval means nothing
SMALL = 100  # items or clusters below which the percentile interval is corrected for bias and skew
NO_CHANCE = 1e-12
FEWEST_CLUSTERS = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """Items as P kinds of rows (P, k), and what is drawn again and again: items, or whole clusters of them.

    `units` (U, P) holds for each kind of unit how many items of each kind it has, `numbers` (U,) how many such units there are.
    """

    kinds: np.ndarray
    units: np.ndarray
    numbers: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """(P,) number of items of each kind."""
        found: np.ndarray = self.numbers @ self.units
        return found

    @property
    def n(self) -> int:
        """Number of items."""
        return int(self.whole.sum())

    @property
    def clusters(self) -> int:
        """Number of units."""
        return int(self.numbers.sum())


def sample(rows: np.ndarray, groups: np.ndarray | None = None) -> Sample:
    """A sample from (items, k) rows; equal items, and equal clusters of items, are interchangeable."""
    if len(rows) < NEEDED_ITEMS:
        raise NotEnoughData("items with two ratings", len(rows), NEEDED_ITEMS)
    kinds, kind, numbers = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    names, cluster = np.unique(np.arange(len(rows)) if groups is None else groups, return_inverse=True)
    if len(names) == len(rows):
        return Sample(kinds, np.eye(len(kinds), dtype=int), numbers)
    size = len(names) * len(kinds)
    held = np.bincount(cluster * len(kinds) + kind.ravel(), minlength=size).reshape(-1, len(kinds))
    units, counts = np.unique(held, axis=0, return_counts=True)
    return Sample(kinds, units, counts)


def coefficient(items: Sample, disagreements: Disagreements, rng: np.random.Generator, draws: int) -> Estimate | None:
    """The coefficient with its bootstrap interval; None where no disagreement could be expected."""

    def values(weights: np.ndarray) -> np.ndarray:
        observed, expected = disagreements(weights)
        return 1 - np.divide(observed, expected, out=np.full(len(weights), np.nan), where=expected > NO_CHANCE)

    observed, expected = disagreements(items.whole[None])
    if expected[0] <= NO_CHANCE:
        return None
    if observed[0] <= 0:
        return perfect(items.n, items.clusters, float(expected[0]))
    value = float(1 - observed[0] / expected[0])
    if items.clusters < FEWEST_CLUSTERS:
        raise NotEnoughData("prompts to tell chance from", items.clusters, FEWEST_CLUSTERS)
    drawn = intervals.resampled(items.numbers, lambda numbers: values(numbers @ items.units), draws, rng)
    if items.clusters >= SMALL:
        return Estimate(value, *intervals.percentile(drawn), items.n)
    return Estimate(value, *intervals.bca(value, drawn, values(items.whole - items.units), items.numbers), items.n)


def perfect(items: int, clusters: int, expected: float) -> Estimate:
    """Resampling perfect agreement gives only perfect agreement: bound the disagreement not yet seen exactly instead."""
    unseen = intervals.clopper_pearson(0, clusters)[1]
    return Estimate(1.0, max(-1.0, 1 - unseen / expected), 1.0, items)
