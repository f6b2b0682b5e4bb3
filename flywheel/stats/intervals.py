"""Intervals: exact and score intervals of a share, bootstraps of anything, clustered means, smallest findable effects."""

from collections.abc import Callable

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData

LEVEL = 0.95
CHUNK = 4_000_000  # resampling weights held in memory at once

Interval = tuple[float, float]


def clopper_pearson(k: int, n: int, level: float = LEVEL) -> Interval:
    """Exact interval of a share of k in n (Clopper & Pearson 1934)."""
    _check_count(k, n)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.ppf(1 - tail, k + 1, n - k))
    return low, high


def wilson(k: float, n: float, level: float = LEVEL) -> Interval:
    """Score interval of a share of k in n (Wilson 1927); k and n may be sums of fractions."""
    _check_count(k, n)
    z2 = float(stats.norm.ppf(0.5 + level / 2)) ** 2
    centre = (k + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (k * (n - k) / n + z2 / 4)) / (n + z2)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _check_count(k: float, n: float) -> None:
    if n <= 0:
        raise NotEnoughData("interval of a share", int(n), 1)
    if not 0 <= k <= n:
        raise ValueError(f"a share needs 0 <= k <= n, not k={k}, n={n}")


def share(k: float, n: int) -> Estimate:
    """The share k/n with its Wilson interval."""
    low, high = wilson(k, n)
    return Estimate(k / n, low, high, n)


def percentile(draws: np.ndarray, level: float = LEVEL) -> Interval:
    """Percentile bootstrap interval of (B,) draws (Efron 1979); undefined draws (NaN) are left out."""
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bca(value: float, draws: np.ndarray, jackknife: np.ndarray, counts: np.ndarray, level: float = LEVEL) -> Interval:
    """Bias-corrected accelerated interval (Efron 1987) from (B,) draws.

    `jackknife` holds the statistic without one row of each of P kinds, `counts` how many rows are of that kind.
    """
    usable = draws[~np.isnan(draws)]
    below = (np.sum(usable < value) + np.sum(usable == value) / 2) / len(usable)
    bias = stats.norm.ppf(np.clip(below, 1 / (2 * len(usable)), 1 - 1 / (2 * len(usable))))
    known = ~np.isnan(jackknife)
    gap = np.average(jackknife[known], weights=counts[known]) - jackknife[known]
    spread = np.sum(counts[known] * gap**2)
    acceleration = np.sum(counts[known] * gap**3) / (6 * spread**1.5) if spread > 0 else 0.0
    tails = bias + stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(usable, stats.norm.cdf(bias + tails / (1 - acceleration * tails)))
    return float(low), float(high)


def resampled(
    counts: np.ndarray, stat: Callable[[np.ndarray], np.ndarray], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """(draws,) bootstrap values of `stat`, which maps (b, P) numbers of rows of P kinds to (b,) values.

    Equal rows are drawn together: drawing n rows with replacement is a multinomial draw of their kinds.
    """
    total, step = int(counts.sum()), max(1, CHUNK // len(counts))
    sizes = [min(step, draws - start) for start in range(0, draws, step)]
    chances = counts / counts.sum()
    return np.concatenate([stat(rng.multinomial(total, chances, size=size)) for size in sizes])


def cluster_bootstrap(
    groups: np.ndarray, stat: Callable[[np.ndarray], np.ndarray], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """(draws,) values of `stat` with whole clusters resampled (Field & Welsh 2007).

    `groups` (n,) names each row's cluster; `stat` maps (b, n) row weights to (b,) values.
    """
    _, codes = np.unique(groups, return_inverse=True)
    step = max(1, CHUNK // max(1, len(groups)))
    clusters = np.ones(int(codes.max()) + 1, dtype=int)
    sizes = [min(step, draws - start) for start in range(0, draws, step)]
    return np.concatenate(
        [stat(rng.multinomial(len(clusters), clusters / len(clusters), size=size)[:, codes]) for size in sizes]
    )


def clustered_mean(values: np.ndarray, groups: np.ndarray) -> tuple[float, float, int]:
    """Mean of (n,) values, its cluster-robust standard error (Liang & Zeger 1986, CR1) and the number of clusters."""
    _, codes = np.unique(groups, return_inverse=True)
    clusters = int(codes.max()) + 1 if len(codes) else 0
    if clusters < 2:
        raise NotEnoughData("clusters for a standard error", clusters, 2)
    mean = float(values.mean())
    scores = np.bincount(codes, values - mean)
    error = np.sqrt(clusters / (clusters - 1) * np.sum(scores**2)) / len(values)
    return mean, float(error), clusters


def clustered_share(values: np.ndarray, groups: np.ndarray) -> Estimate:
    """Mean of (n,) values in [0, 1] with Wilson's interval at the effective sample size that the clusters leave."""
    value, error, _ = clustered_mean(values, groups)
    alone = value * (1 - value) / len(values)
    effect = max(1.0, error**2 / alone) if alone > 0 else len(values) / len(np.unique(groups))
    effective = len(values) / effect
    low, high = wilson(value * effective, effective)
    return Estimate(value, low, high, len(values))


def student(value: float, error: float, clusters: int, level: float = LEVEL) -> Interval:
    """Interval value ± t·error with clusters − 1 degrees of freedom."""
    half = float(stats.t.ppf(0.5 + level / 2, clusters - 1)) * error
    return value - half, value + half


def mde(error: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest effect a two-sided test at `alpha` finds with this power, given its standard error."""
    return float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * error
