"""Habits that show without knowing the truth: answers too quick to have read, and always the same side."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals

LEAST_SECONDS, TOKENS_A_SECOND = 2.0, 25.0  # nobody reads faster
TOKENS_A_WORD = 4 / 3
HURRIED = 0.15  # share of answers below the floor that is too much
FEWEST = 20  # answers
FEWEST_OF_A_SIDE = 5  # for the runs to be nearly normal
ONE_SIDED = 0.8  # share of one side that no honest rater of shuffled sides comes to
IN_A_ROW = 0.01  # adjusted p of the runs
UNUSUAL = 3.0  # robust deviations below one's own pace


@dataclass(frozen=True, slots=True)
class Pace:
    """Median seconds, the share of answers too quick to have read them, and the share unusually quick for this rater.

    Never a reason to flag anybody by itself: some people read fast.
    """

    seconds: Estimate
    hurried: Estimate
    unusual: Estimate

    @property
    def is_hurried(self) -> bool:
        """Whether surely more than 15 % were too quick to have read."""
        return self.hurried.low > HURRIED


@dataclass(frozen=True, slots=True)
class Sides:
    """How often the side shown first was chosen, its log-odds and exact p-value against ½, and the runs of one side.

    `runs_p` is None where one side was chosen too rarely, or no times say in which order answers came.
    """

    first: Estimate
    log_odds: Estimate
    p: float
    runs: int | None
    runs_expected: float | None
    runs_p: float | None

    @property
    def is_one_sided(self) -> bool:
        """Whether one side was surely chosen more than four times in five."""
        return self.first.low > ONE_SIDED or self.first.high < 1 - ONE_SIDED


def floor(words: np.ndarray) -> np.ndarray:
    """(n,) seconds below which nobody has read so many words; at least 2."""
    found: np.ndarray = np.maximum(LEAST_SECONDS, words * TOKENS_A_WORD / TOKENS_A_SECOND)
    return found


def surprise(seconds: np.ndarray, words: np.ndarray, rater: np.ndarray) -> np.ndarray:
    """(n,) robust z of log seconds about each rater's own median and the common slope in log words.

    The slope is within raters, by least squares; deviations are in each rater's MAD, scaled to a normal one.
    """
    log, size = np.log(np.maximum(seconds, 0.1)), np.log(words + 1.0)
    x, y = size - _medians(size, rater), log - _medians(log, rater)
    slope = float(x @ y / (x @ x)) if x @ x > 0 else 0.0
    rest = log - slope * size
    rest = rest - _medians(rest, rater)
    spread = _medians(np.abs(rest), rater) * 1.4826
    return np.divide(rest, spread, out=np.zeros_like(rest), where=spread > 0)


def _medians(values: np.ndarray, rater: np.ndarray) -> np.ndarray:
    """(n,) the median of each value's rater."""
    order = np.lexsort((values, rater))
    ordered, codes = values[order], rater[order]
    starts = np.searchsorted(codes, np.arange(codes[-1] + 1)) if len(codes) else np.array([], dtype=int)
    counts = np.bincount(codes)
    low, high = starts + np.maximum(counts - 1, 0) // 2, starts + counts // 2
    last = max(0, len(values) - 1)
    found: np.ndarray = ((ordered[np.minimum(low, last)] + ordered[np.minimum(high, last)]) / 2)[rater]
    return found


def pace(seconds: np.ndarray, words: np.ndarray, surprising: np.ndarray) -> Pace:
    """Of one rater's (n,) answers; the interval of the median is exact by order statistics."""
    n = len(seconds)
    if n < FEWEST:
        raise NotEnoughData("answers with their seconds", n, FEWEST)
    ordered = np.sort(seconds)
    below = int(stats.binom.ppf(0.025, n, 0.5))
    return Pace(
        Estimate(float(np.median(seconds)), float(ordered[max(0, below - 1)]), float(ordered[n - max(1, below)]), n),
        intervals.share(int((seconds < floor(words)).sum()), n),
        intervals.share(int((surprising < -UNUSUAL).sum()), n),
    )


def sides(chose_first: np.ndarray, *, is_in_order: bool) -> Sides:
    """Of one rater's (n,) decided answers, each whether the side shown first was chosen, in the order of answering.

    Sides must have been shuffled. The runs test is Wald & Wolfowitz's (1940), two-sided: long runs and strict
    alternation are both unlike judging.
    """
    n, first = len(chose_first), int(chose_first.sum())
    if n < FEWEST:
        raise NotEnoughData("answers with a side shown first", n, FEWEST)
    low, high = intervals.clopper_pearson(first, n)
    odds = [float(np.log((n * share + 0.5) / (n * (1 - share) + 0.5))) for share in (first / n, low, high)]
    runs = expected = p = None
    if is_in_order and min(first, n - first) >= FEWEST_OF_A_SIDE:
        runs = 1 + int(np.sum(chose_first[1:] != chose_first[:-1]))
        both = 2 * first * (n - first)
        expected = 1 + both / n
        spread = np.sqrt(both * (both - n) / (n**2 * (n - 1)))
        gap = max(0.0, abs(runs - expected) - 0.5)
        p = float(2 * stats.norm.sf(gap / spread))
    exact = float(stats.binomtest(first, n).pvalue)
    return Sides(Estimate(first / n, low, high, n), Estimate(odds[0], odds[1], odds[2], n), exact, runs, expected, p)
