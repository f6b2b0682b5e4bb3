"""A win rate from few human labels and many of a judge, with the interval that the human ones warrant (PPI++)."""

from dataclasses import dataclass

import numpy as np

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals

FEWEST = 20  # human labels


@dataclass(frozen=True, slots=True)
class WinRate:
    """The corrected rate, the rate of the human labels alone, how far the judge was trusted, and what it was worth.

    `gain` is how many human labels one of them stands for; 1 is none.
    """

    value: Estimate
    humans_alone: Estimate
    trust: float
    gain: float


def win_rate(
    labels: np.ndarray, judged: np.ndarray, unlabelled: np.ndarray, groups: np.ndarray, more_groups: np.ndarray
) -> WinRate:
    """From (n,) human wins with the judge's (n,) probabilities on the same pairs, and (N,) of it alone.

    Prediction-powered inference with the best trust (Angelopoulos, Duchi & Zrnic 2023), clipped to [0, 1]; errors are
    clustered on the prompts of the two samples, which must have been drawn alike.
    """
    n, more = len(labels), len(unlabelled)
    if n < FEWEST:
        raise NotEnoughData("human labels for a win rate", n, FEWEST)
    alone, error_alone, clusters = intervals.clustered_mean(labels, groups)
    trust = 0.0
    if more > 1 and (spread := float(np.var(np.concatenate([judged, unlabelled]), ddof=1))) > 0:
        trust = float(np.clip(np.cov(labels, judged)[0, 1] / ((1 + n / more) * spread), 0.0, 1.0))
    rest, error_rest, _ = intervals.clustered_mean(labels - trust * judged, groups)
    value, error = rest, error_rest
    if trust:
        mean, error_more, _ = intervals.clustered_mean(trust * unlabelled, more_groups)
        value, error = rest + mean, float(np.hypot(error_rest, error_more))
    gain = (error_alone / error) ** 2 if error > 0 else 1.0
    return WinRate(_clipped(value, error, clusters, n), _clipped(alone, error_alone, clusters, n), trust, float(gain))


def mean_rate(wins: np.ndarray, groups: np.ndarray) -> Estimate:
    """The mean of (n,) wins or probabilities as it is, with errors clustered on the prompts `groups` (n,)."""
    mean, error, clusters = intervals.clustered_mean(wins, groups)
    return _clipped(mean, error, clusters, len(wins))


def weighted_rate(
    labels: np.ndarray, propensity: np.ndarray, judged: np.ndarray, pool: np.ndarray, groups: np.ndarray
) -> Estimate:
    """From (n,) labels chosen with these probabilities out of (N,) pairs that all were judged (Zrnic & Candès 2024).

    `judged` are the judge's probabilities on the labelled pairs, `pool` on all; `groups` (n,) the labelled pairs' prompts.
    The weights are normalised (Hájek 1971): a pool that was drawn from more than once is not counted as often.
    """
    n, size = len(labels), len(pool)
    if n < FEWEST:
        raise NotEnoughData("human labels with known propensities", n, FEWEST)
    if not ((propensity > 0) & (propensity <= 1)).all():
        raise ValueError("propensities must be above 0 and at most 1")
    weight = (1 / propensity) * n / float((1 / propensity).sum())
    spread = float(np.var(pool))
    trust = float(np.clip(np.cov(labels, judged, aweights=weight)[0, 1] / spread, 0.0, 1.0)) if spread > 0 else 0.0
    left = labels - trust * judged
    mean = float(np.average(left, weights=weight))
    _, error, clusters = intervals.clustered_mean(mean + weight * (left - mean), groups)
    error = float(np.hypot(error, trust * np.sqrt(spread / size)))
    return _clipped(trust * float(pool.mean()) + mean, error, clusters, n)


def _clipped(value: float, error: float, clusters: int, n: int) -> Estimate:
    """The estimate with its interval, both within [0, 1]; never surer than a share of that many could be."""
    floor = 0.5 / (n + 2)
    low, high = intervals.student(value, max(error, floor), clusters)
    inside = [float(min(1.0, max(0.0, bound))) for bound in (value, low, high)]
    return Estimate(inside[0], inside[1], inside[2], n)
