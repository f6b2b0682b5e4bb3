"""Bias of a rater relative to people: one person's vote as the instrument of another's (errors in variables).

Regressing verdicts on a feature finds "bias" wherever people like the feature too, and one person's vote as a control is
too noisy to take that out. Two people err independently, so one corrects for the other's noise (two-stage least squares).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals

STRONG = 20.0  # first-stage F below which people agree too little to serve as instruments
FEWEST = 30  # items with two people
PP = 100.0
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class People:
    """What people said of n items: how many did, the mean of their votes, and the mean product of two people's votes."""

    count: np.ndarray
    mean: np.ndarray
    square: np.ndarray
    product: np.ndarray


@dataclass(frozen=True, slots=True)
class Fit:
    """k feature effects in points per unit of the feature, at equal preference of people; `first_stage` is F."""

    effect_pp: tuple[Estimate, ...]
    error_pp: np.ndarray
    p: np.ndarray
    mde_pp: np.ndarray
    sharpness: float
    first_stage: float
    n: int

    @property
    def is_strong(self) -> bool:
        """Whether people agree enough with each other to be each other's instruments."""
        return self.first_stage >= STRONG


def people(item: np.ndarray, wins: np.ndarray, items: int) -> People:
    """From (m,) votes on items 0 … items − 1, each 1, 0 or ½ (a wins, b wins, neither)."""
    count = np.bincount(item, minlength=items).astype(float)
    total = np.bincount(item, wins, minlength=items)
    squares = np.bincount(item, wins**2, minlength=items)
    with np.errstate(divide="ignore", invalid="ignore"):
        product = (total**2 - squares) / (count * (count - 1))
        return People(count, total / count, squares / count, product)


def fit(verdict: np.ndarray, said: People, features: np.ndarray, groups: np.ndarray) -> Fit:
    """Effects of (n, k) features on (n,) verdicts (1, 0, ½, or a mean over both orders) at equal human preference.

    Just-identified two-stage least squares over all ordered pairs of an item's people, each item weighing the same;
    errors are clustered on `groups` (n,), the prompts (CR1). Items with fewer than two people are left out.
    """
    usable = said.count >= 2
    n = int(usable.sum())
    if n < FEWEST:
        raise NotEnoughData("items with votes of two people", n, FEWEST)
    y, x, codes = verdict[usable], features[usable], _codes(groups[usable])
    if codes.max() + 1 <= x.shape[1] + 2:
        raise NotEnoughData("prompts for as many features", int(codes.max()) + 1, x.shape[1] + 3)
    mean, square, product = said.mean[usable], said.square[usable], said.product[usable]
    plain = np.column_stack([np.ones(n), x])
    _refuse_what_tells_nothing(y, mean, plain)
    # Averages over the pairs of an item, of instruments times regressors: with itself a vote has its square, with
    # another's the product.
    z = np.column_stack([mean, plain])
    across = np.column_stack([product, plain * mean[:, None]])
    strength = _first_stage(plain, mean, square, product, codes)
    cross = _moments(plain, z, product, mean)
    theta = np.linalg.solve(cross, z.T @ y)
    scores = z * (y - plain @ theta[1:])[:, None] - theta[0] * across
    covariance = sandwich(np.linalg.inv(cross), scores, codes, len(theta))
    value, error = theta[2:], np.sqrt(np.diag(covariance)[2:])
    freedom = int(codes.max())
    half = stats.t.ppf(0.975, freedom) * error
    found = tuple(
        Estimate(PP * float(v), PP * float(v - h), PP * float(v + h), n) for v, h in zip(value, half, strict=True)
    )
    p = 2 * stats.t.sf(np.abs(value) / np.maximum(error, 1e-12), freedom)
    return Fit(
        found, PP * error, p, PP * np.array([intervals.mde(float(e)) for e in error]), float(theta[0]), strength, n
    )


def _refuse_what_tells_nothing(verdict: np.ndarray, mean: np.ndarray, plain: np.ndarray) -> None:
    """Where verdicts, people or features do not vary on their own, a division by nothing would look like certainty."""
    if np.ptp(verdict) == 0:
        raise NotEnoughData("different verdicts on items with votes of two people", 1, 2)
    if (rank := int(np.linalg.matrix_rank(plain))) < plain.shape[1]:
        raise NotEnoughData(
            "features that differ on their own on items with votes of two people", rank - 1, plain.shape[1] - 1
        )
    beyond = mean - plain @ np.linalg.lstsq(plain, mean, rcond=None)[0]
    if np.abs(beyond).max() < ROUNDING:
        raise NotEnoughData("items where people say more than the features do", 0, FEWEST)


def _moments(plain: np.ndarray, z: np.ndarray, product: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Instruments times regressors, both [vote, 1, features], summed over items: (k + 2, k + 2)."""
    cross = np.empty((z.shape[1], z.shape[1]))
    cross[0, 0] = product.sum()
    cross[0, 1:] = mean @ plain
    cross[1:, 0] = cross[0, 1:]
    cross[1:, 1:] = plain.T @ plain
    return cross


def _first_stage(
    plain: np.ndarray, mean: np.ndarray, square: np.ndarray, product: np.ndarray, codes: np.ndarray
) -> float:
    """The clustered F of another person's vote in the regression of a vote on it and the features."""
    normal = _moments(plain, np.column_stack([mean, plain]), square, mean)
    target = np.concatenate([[product.sum()], mean @ plain])
    pi = np.linalg.solve(normal, target)
    residual = mean - plain @ pi[1:]
    scores = np.column_stack(
        [product - pi[0] * square - (plain @ pi[1:]) * mean, plain * (residual - pi[0] * mean)[:, None]]
    )
    covariance = sandwich(np.linalg.inv(normal), scores, codes, len(pi))
    return float(pi[0] ** 2 / covariance[0, 0]) if covariance[0, 0] > 0 else 0.0


def sandwich(bread: np.ndarray, scores: np.ndarray, codes: np.ndarray, parameters: int) -> np.ndarray:
    """Cluster-robust covariance (CR1, Liang & Zeger 1986) of k estimates from (n, k) scores in clusters `codes`."""
    clusters, n = int(codes.max()) + 1, len(codes)
    summed = np.zeros((clusters, scores.shape[1]))
    np.add.at(summed, codes, scores)
    scale = clusters / (clusters - 1) * (n - 1) / max(1, n - parameters)
    found: np.ndarray = scale * bread @ (summed.T @ summed) @ bread.T
    return found


def _codes(groups: np.ndarray) -> np.ndarray:
    """Clusters as numbers from 0."""
    found: np.ndarray = np.unique(groups, return_inverse=True)[1]
    return found
