"""Do a judge's probabilities mean what they say, and how to make them: errors, reliability, recalibration.

All compare (n,) probabilities p that a is preferred with (n,) outcomes y in [0, 1]: 1, 0, ½ or the mean of people's votes.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, special

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals

BINS = 15
FEWEST = 100  # pairs
FEWEST_CLUSTERS = 20
FOLDS, SPLITS = 5, 20
MANY = 1000  # pairs from which on a free monotone curve is better than two numbers
SHARPEST = 1e-6  # probabilities are kept this far from 0 and 1
PRIOR_SD = 1.5  # of intercept and log slope: few pairs must not make a judge infinitely sure


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of the reliability diagram: the mean probability said, and the share preferred with its interval."""

    said: float
    came: Estimate


@dataclass(frozen=True, slots=True)
class Brier:
    """Mean squared error as reliability − resolution + uncertainty + within (what bins leave inside; Murphy 1973)."""

    score: Estimate
    reliability: float
    resolution: float
    uncertainty: float
    within: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Expected calibration error without its upward bias and with it, Brier score, and the diagram's points."""

    ece: Estimate
    ece_raw: float
    brier: Brier
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Platt:
    """p → σ(intercept + slope · logit p) (Platt 1999)."""

    intercept: float
    slope: float

    def probability(self, said: np.ndarray) -> np.ndarray:
        """(n,) recalibrated probabilities."""
        found: np.ndarray = special.expit(self.intercept + self.slope * _logit(said))
        return found


@dataclass(frozen=True, slots=True)
class Isotonic:
    """The best rising curve through (k,) said and (k,) came, straight in between (Zadrozny & Elkan 2002)."""

    said: np.ndarray
    came: np.ndarray

    def probability(self, said: np.ndarray) -> np.ndarray:
        """(n,) recalibrated probabilities."""
        return np.interp(said, self.said, self.came)


def measured(
    said: np.ndarray, came: np.ndarray, groups: np.ndarray, *, rng: np.random.Generator, draws: int = 1000
) -> Calibration:
    """Calibration of probabilities against outcomes; whole clusters (prompts) in `groups` (n,) are resampled."""
    _check(said, groups)
    bins = _bins(said)
    return Calibration(
        _ece(said - came, bins, groups, rng, draws),
        float(np.abs(np.bincount(bins, said - came)).sum() / len(said)),
        _brier(said, came, bins, groups),
        tuple(_points(said, came, bins, groups)),
    )


def _check(said: np.ndarray, groups: np.ndarray) -> None:
    if len(said) < FEWEST:
        raise NotEnoughData("pairs with a probability and an answer of people", len(said), FEWEST)
    if not ((said >= 0) & (said <= 1)).all():
        raise ValueError("probabilities must lie between 0 and 1")
    if (clusters := len(np.unique(groups))) < FEWEST_CLUSTERS:
        raise NotEnoughData("prompts for a calibration", clusters, FEWEST_CLUSTERS)


def _bins(said: np.ndarray) -> np.ndarray:
    """(n,) bins from 0, of like many; equal probabilities share one."""
    edges = np.unique(np.quantile(said, np.linspace(0, 1, BINS + 1)[1:-1]))
    found: np.ndarray = np.unique(np.searchsorted(edges, said, side="right"), return_inverse=True)[1]
    return found


def _ece(gap: np.ndarray, bins: np.ndarray, groups: np.ndarray, rng: np.random.Generator, draws: int) -> Estimate:
    """Mean absolute gap of bins, less what the bootstrap adds to it, since chance alone adds up to about 0.4·√(bins/n)."""
    by_bin = np.zeros((len(gap), int(bins.max()) + 1))
    by_bin[np.arange(len(gap)), bins] = gap

    def error(weights: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.abs(weights @ by_bin).sum(axis=1) / weights.sum(axis=1)
        return found

    raw = float(error(np.ones((1, len(gap))))[0])
    drawn = intervals.cluster_bootstrap(groups, error, draws, rng)
    added = float(drawn.mean()) - raw
    # A draw carries the chance of the sample and its own: the interval gives both back, the estimate one.
    low, high = intervals.percentile(drawn)
    value, low, high = (float(np.clip(v, 0, 1)) for v in (raw - added, low - 2 * added, high - 2 * added))
    return Estimate(value, min(low, value), max(high, value), len(gap))


def _brier(said: np.ndarray, came: np.ndarray, bins: np.ndarray, groups: np.ndarray) -> Brier:
    squares = (said - came) ** 2
    mean, error, clusters = intervals.clustered_mean(squares, groups)
    low, high = intervals.student(mean, error, clusters)
    size = np.bincount(bins)
    expected, found = np.bincount(bins, said) / size, np.bincount(bins, came) / size
    share = size / len(said)
    reliability = float(share @ (expected - found) ** 2)
    resolution = float(share @ (found - came.mean()) ** 2)
    uncertainty = float(np.var(came))
    score = Estimate(mean, max(0.0, low), min(1.0, high), len(said))
    return Brier(score, reliability, resolution, uncertainty, mean - reliability + resolution - uncertainty)


def _points(said: np.ndarray, came: np.ndarray, bins: np.ndarray, groups: np.ndarray) -> list[Point]:
    """Each bin's interval is Wilson's at its number of clusters: pairs of one prompt count as one."""
    found = []
    for place in range(int(bins.max()) + 1):
        inside = bins == place
        share, clusters = float(came[inside].mean()), len(np.unique(groups[inside]))
        low, high = intervals.wilson(share * clusters, clusters)
        found.append(Point(float(said[inside].mean()), Estimate(share, low, high, int(inside.sum()))))
    return found


def fitted(said: np.ndarray, came: np.ndarray) -> Platt | Isotonic:
    """What makes probabilities mean what they say: two numbers below 1,000 pairs, any rising curve from there on."""
    return platt(said, came) if len(said) < MANY else isotonic(said, came)


def platt(said: np.ndarray, came: np.ndarray) -> Platt:
    """Logistic regression on the log-odds, drawn a little towards leaving them as they are."""
    x = _logit(said)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        slope = np.exp(theta[1])
        at = theta[0] + slope * x
        left = special.expit(at) - came
        value = float(np.sum(np.logaddexp(0, at) - came * at) + theta @ theta / (2 * PRIOR_SD**2))
        return value, np.array([left.sum(), slope * (left @ x)]) + theta / PRIOR_SD**2

    intercept, log_slope = optimize.minimize(loss, np.zeros(2), jac=True, method="BFGS").x
    return Platt(float(intercept), float(np.exp(log_slope)))


def isotonic(said: np.ndarray, came: np.ndarray) -> Isotonic:
    """Least squares under a rising curve; equal probabilities are one point, and none becomes certainty."""
    x, place, size = np.unique(said, return_inverse=True, return_counts=True)
    curve = optimize.isotonic_regression(np.bincount(place, came) / size, weights=size).x
    margin = 1 / (len(said) + 2)
    return Isotonic(x, np.clip(curve, margin, 1 - margin))


def cross_fitted(
    said: np.ndarray, came: np.ndarray, groups: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, Literal["platt", "isotonic"]]:
    """(n,) probabilities recalibrated on the other prompts (five folds of whole clusters), and by which method.

    The mean over 20 ways to split the prompts: one split alone moves the error of 150 pairs by more than its interval.
    """
    _check(said, groups)
    _, codes = np.unique(groups, return_inverse=True)
    fit = platt if len(said) < MANY else isotonic
    found = np.zeros(len(said))
    for _ in range(SPLITS):
        fold = (rng.permutation(int(codes.max()) + 1) % FOLDS)[codes]
        for held in range(FOLDS):
            inside = fold == held
            found[inside] += fit(said[~inside], came[~inside]).probability(said[inside]) / SPLITS
    return found, "platt" if len(said) < MANY else "isotonic"


def _logit(said: np.ndarray) -> np.ndarray:
    found: np.ndarray = special.logit(np.clip(said, SHARPEST, 1 - SHARPEST))
    return found
