"""Drawing a batch at random with probabilities that are known, so that estimates from it stay honest."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

SelectedBy = Literal["exploration", "active", "cold-start"]

BISECTIONS = 100


@dataclass(frozen=True, slots=True)
class Draw:
    """One pool item that was drawn: its index, why, the probability that it entered the batch, and its place in it.

    Rows with `selected_by` "exploration" are a uniform random sample of the pool; all rows, weighted by
    1 / propensity, stand for the pool as well (Horvitz & Thompson 1952).
    """

    index: int
    selected_by: SelectedBy
    propensity: float
    order: int


def inclusion_probabilities(gains: np.ndarray, n: int, exploration: float) -> np.ndarray:
    """(N,) πᵢ = min(1, exploration·n/N + c·gainᵢ) that sum to min(n, N); every item has a chance.

    `gains` (N,) are not negative; c is found by bisection, so that items at 1 pass their surplus on.
    """
    size = len(gains)
    if n >= size:
        return np.ones(size)
    floor = exploration * n / size
    if not gains.any():
        return np.full(size, n / size)

    def chances(c: float) -> np.ndarray:
        return np.minimum(1.0, floor + c * gains)

    low, high = 0.0, n / float(gains.max())
    while chances(high).sum() < n and high < 1e12:
        high *= 2
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if chances(middle).sum() < n else (low, middle)
    found = chances(high)
    # Fewer gaining items than places: the rest of the places is spread over all others alike.
    short = n - found.sum()
    free = found < 1
    if short > 1e-9 and free.any():
        found[free] += short / free.sum()
    return np.minimum(found, 1.0)


def systematic_sample(chances: np.ndarray, strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices drawn with exactly these inclusion probabilities, (N,), evenly over the strata (Madow 1949).

    The pool is laid out stratum by stratum, at random inside each, and every whole step of the summed probabilities
    from a random start picks one item.
    """
    order = np.lexsort((rng.random(len(chances)), strata))
    ends = np.cumsum(chances[order])
    total = round(float(ends[-1]))
    points = rng.random() + np.arange(total)
    places = np.searchsorted(ends * (total / ends[-1]), points, side="right")
    return np.unique(order[np.minimum(places, len(order) - 1)])


def draw(
    ranks: np.ndarray,
    gains: np.ndarray,
    n: int,
    *,
    exploration: float,
    strata: np.ndarray,
    rng: np.random.Generator,
    label: SelectedBy = "active",
) -> tuple[Draw, ...]:
    """A batch of n of N pool items, drawn by `gains` with a uniform share, ordered by `ranks` (N,), best first.

    A drawn item counts as exploration with probability (uniform share) / π: the exploration rows are then uniform
    over the pool. They stand at random places among the others.
    """
    if not len(gains) or n < 1:
        return ()
    chances = inclusion_probabilities(gains, n, exploration)
    chosen = systematic_sample(chances, strata, rng)
    uniform = min(1.0, exploration * min(n, len(gains)) / len(gains))
    explored = rng.random(len(chosen)) * chances[chosen] < uniform
    ordered = chosen[~explored][np.argsort(ranks[chosen[~explored]], kind="stable")]
    strangers = rng.permutation(chosen[explored])
    places = np.sort(rng.permutation(len(chosen))[: len(strangers)])
    sequence = np.empty(len(chosen), dtype=int)
    taken = np.isin(np.arange(len(chosen)), places)
    sequence[taken], sequence[~taken] = strangers, ordered
    return tuple(
        Draw(int(index), "exploration" if is_stranger else label, float(chances[index]), order)
        for order, (index, is_stranger) in enumerate(zip(sequence, taken, strict=True))
    )
