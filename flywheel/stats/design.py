"""Features of many pairs as a design for a regression: in standard deviations, without what says nothing of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flywheel.records import Pair
from flywheel.stats.features import of_pair

CONSTANT, COLLINEAR = 1e-12, 1e-3


def table(pairs: Sequence[Pair]) -> tuple[list[str], np.ndarray]:
    """Names of the features and their (pairs, features) values; a feature that some pair lacks is 0 there."""
    rows = [of_pair(pair) for pair in pairs]
    names = sorted({name for row in rows for name in row})
    return names, np.array([[row.get(name, 0.0) for name in names] for row in rows]).reshape(len(rows), len(names))


@dataclass(frozen=True, slots=True)
class Design:
    """k features of n pairs in standard deviations (n, k), what one deviation is worth (k,), and why some were dropped."""

    names: list[str]
    values: np.ndarray
    spread: np.ndarray
    dropped: dict[str, str]


def standardised(names: Sequence[str], values: np.ndarray) -> Design:
    """(n, k) values as a design; what is constant, not finite, or told by the features before it is dropped by name."""
    why: dict[str, str] = {}
    kept: list[int] = []
    basis = np.ones((len(values), 1)) / np.sqrt(max(1, len(values)))
    for place, name in enumerate(names):
        column = values[:, place]
        if not np.isfinite(column).all():
            why[name] = "It has values that are no numbers."
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            spread = column.std()
        if not np.isfinite(spread):
            why[name] = "It has values too large to compare."
            continue
        if spread < CONSTANT:
            why[name] = "It is the same for all pairs."
            continue
        rest = (column - column.mean()) / spread
        rest = rest - basis @ (basis.T @ rest)
        if np.sqrt(np.mean(rest**2)) < COLLINEAR:
            why[name] = "It says no more than the features before it."
            continue
        basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
        kept.append(place)
    chosen = values[:, kept]
    spreads = chosen.std(axis=0)
    return Design([names[place] for place in kept], (chosen - chosen.mean(axis=0)) / spreads, spreads, why)
