"""Does the side shown first win for being first? (Zheng et al. 2023; Wang et al. 2023)

Effects are shifts of the win probability in percentage points (pp): +5 pp means that first place turns 50 % into 55 %.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData, Vote
from flywheel.stats import intervals
from flywheel.stats.conclusions import Verdict, judged

WINS = {"a": 1.0, "b": 0.0}  # a tie or both bad is half a win
PP = 100.0


@dataclass(frozen=True, slots=True)
class PositionEffect:
    """Position of one rater: shift in pp, p-value, smallest findable shift, and what follows.

    `material` is false where a proven bias is smaller than what matters; `consistency` and `log_odds` need both orders.
    """

    shift_pp: Estimate
    p: float
    mde_pp: float
    verdict: Verdict
    material: bool
    first_wins: int
    second_wins: int
    consistency: Estimate | None = None
    log_odds: Estimate | None = None


def wins_of_a(labels: np.ndarray) -> np.ndarray:
    """(n,) 1 where a wins, 0 where b wins, ½ for ties."""
    return np.array([WINS.get(str(label), 0.5) for label in labels])


def wins_by_item(votes: Iterable[Vote]) -> dict[str, np.ndarray]:
    """The votes on each item as wins of a."""
    found: dict[str, list[float]] = {}
    for vote in votes:
        found.setdefault(vote.item, []).append(WINS.get(vote.label, 0.5))
    return {item: np.array(wins) for item, wins in found.items()}


def both_orders(a_first: np.ndarray, b_first: np.ndarray, groups: np.ndarray) -> PositionEffect:
    """Position effect from (n,) labels of the same pairs in both orders; `groups` (n,) are their prompts.

    The shift is the mean of (win of a shown first − win of a shown second) / 2; the test is exact on the signs of the
    prompts' sums (McNemar 1947, by prompts). The standard error is never below Agresti & Min's (2005), so that a few
    pairs that all agree do not pass for certainty.
    """
    n = len(a_first)
    if n < 2:
        raise NotEnoughData("pairs judged in both orders", n, 2)
    lean = (wins_of_a(a_first) - wins_of_a(b_first)) / 2
    first, second = int((lean > 0).sum()), int((lean < 0).sum())
    shift, p, smallest = paired(lean, groups, most=0.5)
    verdict, material = judged(shift, p, smallest)
    return PositionEffect(
        shift_pp=shift,
        p=p,
        mde_pp=smallest,
        verdict=verdict,
        material=material,
        first_wins=first,
        second_wins=second,
        consistency=intervals.clustered_share((a_first == b_first).astype(float), groups),
        log_odds=_log_odds(first, second, n),
    )


def paired(change: np.ndarray, groups: np.ndarray, *, most: float) -> tuple[Estimate, float, float]:
    """Mean of (n,) paired differences within ±most in pp, its exact p on the signs of clusters, and the smallest findable."""
    n = len(change)
    square = (np.sum(change**2) + most**2) / (n + 2)
    floor = np.sqrt((square - (change.sum() / (n + 2)) ** 2) / (n + 2))
    mean, error, clusters = intervals.clustered_mean(change, groups)
    low, high = intervals.student(mean, max(error, float(floor)), clusters)
    shift = Estimate(PP * mean, PP * max(-most, low), PP * min(most, high), n)
    return shift, _sign_test(change, groups), PP * intervals.mde(float(np.sqrt(square / (n + 2))))


def _sign_test(change: np.ndarray, groups: np.ndarray) -> float:
    _, codes = np.unique(groups, return_inverse=True)
    sums = np.bincount(codes, change)
    up, down = int((sums > 1e-9).sum()), int((sums < -1e-9).sum())
    return float(stats.binomtest(up, up + down).pvalue) if up + down else 1.0


def _log_odds(first: int, second: int, n: int) -> Estimate:
    """Half the log ratio of first-wins to second-wins, with Haldane's half added to each (1956)."""
    value = 0.5 * np.log((first + 0.5) / (second + 0.5))
    half = 0.5 * stats.norm.ppf(0.975) * np.sqrt(1 / (first + 0.5) + 1 / (second + 0.5))
    return Estimate(float(value), float(value - half), float(value + half), n)


def one_order(labels: np.ndarray, a_is_first: np.ndarray, groups: np.ndarray) -> PositionEffect:
    """Position effect where each of (n,) votes saw one random order: half the gap in wins of a between the orders.

    The order must have been drawn at random; `a_is_first` is (n,) bool. Standard errors are clustered on `groups`.
    """
    n, ahead = len(labels), int(a_is_first.sum())
    if min(ahead, n - ahead) < 2:
        raise NotEnoughData("votes in each order of sides", min(ahead, n - ahead), 2)
    wins = wins_of_a(labels)
    # Dividing by each order's share makes the mean of these scores half the gap of the two orders' means.
    influence = np.where(a_is_first, wins - wins[a_is_first].mean(), wins[~a_is_first].mean() - wins)
    influence *= np.where(a_is_first, n / ahead, n / (n - ahead)) / 2
    value = float(wins[a_is_first].mean() - wins[~a_is_first].mean()) / 2
    _, error, clusters = intervals.clustered_mean(influence, groups)
    error = max(error, 0.5 / (n + 2))
    low, high = intervals.student(value, error, clusters)
    shift = Estimate(PP * value, PP * max(-0.5, low), PP * min(0.5, high), n)
    p = float(2 * stats.t.sf(abs(value) / error, clusters - 1))
    verdict, material = judged(shift, p, PP * intervals.mde(error))
    won = np.where(a_is_first, wins, 1 - wins)
    return PositionEffect(
        shift, p, PP * intervals.mde(error), verdict, material, int((won == 1).sum()), int((won == 0).sum())
    )
