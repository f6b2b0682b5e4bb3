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
    """Items as P kinds of rows, how often each occurs, and the cluster of each (None: every item stands alone)."""

    kinds: np.ndarray
    numbers: np.ndarray
    groups: np.ndarray | None

    @property
    def n(self) -> int:
        """Number of items."""
        return int(self.numbers.sum())


def sample(rows: np.ndarray, groups: np.ndarray | None = None) -> Sample:
    """A sample from (items, k) rows; equal items are interchangeable unless clusters tie them together."""
    if len(rows) < NEEDED_ITEMS:
        raise NotEnoughData("items with two ratings", len(rows), NEEDED_ITEMS)
    if groups is not None and len(np.unique(groups)) < len(groups):
        return Sample(rows, np.ones(len(rows), dtype=int), groups)
    kinds, numbers = np.unique(rows, axis=0, return_counts=True)
    return Sample(kinds, numbers, None)


def coefficient(items: Sample, disagreements: Disagreements, rng: np.random.Generator, draws: int) -> Estimate | None:
    """The coefficient with its bootstrap interval; None where no disagreement could be expected."""

    def values(weights: np.ndarray) -> np.ndarray:
        observed, expected = disagreements(weights)
        return 1 - np.divide(observed, expected, out=np.full(len(weights), np.nan), where=expected > NO_CHANCE)

    observed, expected = disagreements(items.numbers[None])
    if expected[0] <= NO_CHANCE:
        return None
    if observed[0] <= 0:
        clusters = items.n if items.groups is None else len(np.unique(items.groups))
        return perfect(items.n, clusters, float(expected[0]))
    value = float(1 - observed[0] / expected[0])
    if items.groups is not None and len(np.unique(items.groups)) < FEWEST_CLUSTERS:
        raise NotEnoughData("prompts to tell chance from", 1, FEWEST_CLUSTERS)
    if items.groups is None:
        drawn = intervals.resampled(items.numbers, values, draws, rng)
    else:
        drawn = intervals.cluster_bootstrap(items.groups, values, draws, rng)
    without_one, counts = _left_out(items)
    if counts.sum() >= SMALL:
        return Estimate(value, *intervals.percentile(drawn), items.n)
    return Estimate(value, *intervals.bca(value, drawn, values(without_one), counts), items.n)


def perfect(items: int, clusters: int, expected: float) -> Estimate:
    """Resampling perfect agreement gives only perfect agreement: bound the disagreement not yet seen exactly instead."""
    unseen = intervals.clopper_pearson(0, clusters)[1]
    return Estimate(1.0, max(-1.0, 1 - unseen / expected), 1.0, items)


def _left_out(items: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Row weights without one item of each kind (or without each cluster), and how many such there are."""
    if items.groups is None:
        small = items.n < SMALL
        return items.numbers - np.eye(len(items.numbers), dtype=int) if small else items.numbers[None], items.numbers
    names = np.unique(items.groups)
    counts = np.ones(len(names), dtype=int)
    return (names[:, None] != items.groups).astype(int) if len(names) < SMALL else counts[None], counts
