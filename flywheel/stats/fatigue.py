"""Do people agree less with the others late in a sitting, or when quick? Of all together, never of one person.

One person's answers are too few to tell: with 200 answers a fall from 85 % to 75 % is found one time in four, pooled over
twenty people nearly always. So this is a finding about how long to work, not about who tires.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.conclusions import Verdict, judged
from flywheel.stats.position import PP
from flywheel.stats.split_human import sandwich

FEWEST = 100  # answers that can be compared
FEWEST_SITTINGS = 10
A_STRETCH = 50.0  # answers in a sitting over which the change is given


@dataclass(frozen=True, slots=True)
class Pooled:
    """A change of agreement with the others in points, with its test; errors are clustered on sittings and on items."""

    effect_pp: Estimate
    p: float
    mde_pp: float
    verdict: Verdict
    material: bool


@dataclass(frozen=True, slots=True)
class Paces:
    """`fatigue` over fifty more answers in the same sitting; `slowness` per doubling of the time an answer took."""

    fatigue: Pooled
    slowness: Pooled | None


def agreeing(item: np.ndarray, label: np.ndarray, known: np.ndarray, labels: int) -> np.ndarray:
    """(m,) share of the others who said the same, or whether a known answer was met; NaN where nobody can tell.

    `known` (m,) is the code of the known answer on the vote's item, below 0 where there is none.
    """
    cell = item * labels + label
    same, everybody = np.bincount(cell)[cell] - 1, np.bincount(item)[item] - 1
    share = np.divide(same, everybody, out=np.full(len(item), np.nan), where=everybody > 0)
    return np.where(known >= 0, (label == known).astype(float), share)


def paces(
    agrees: np.ndarray,
    rater: np.ndarray,
    place: np.ndarray,
    sitting: np.ndarray,
    item: np.ndarray,
    log_seconds: np.ndarray,
) -> Paces:
    """From (m,) agreement with the others, codes of rater, sitting and item, place in the sitting from 0, and natural
    log seconds; all within raters, so that who works long or slowly does not count.

    Answers without seconds (NaN) leave the time out for all unless most have them; then they are left out.
    """
    timed = np.isfinite(log_seconds)
    has_time = bool(timed.mean() > 0.5) if len(timed) else False
    kept = np.isfinite(agrees) & (timed | (not has_time))
    n, sittings = int(kept.sum()), len(np.unique(sitting[kept]))
    if n < FEWEST:
        raise NotEnoughData("answers in sittings that others' answers can be compared with", n, FEWEST)
    if len(np.unique(item[kept])) < 2:
        raise NotEnoughData("items in sittings", 1, 2)
    if sittings < FEWEST_SITTINGS:
        raise NotEnoughData("sittings", sittings, FEWEST_SITTINGS)
    columns = [place[kept] / A_STRETCH] + ([log_seconds[kept] / np.log(2)] if has_time else [])
    who = np.unique(rater[kept], return_inverse=True)[1]
    x = np.column_stack([_within(column, who) for column in columns])
    if np.ptp(x[:, 0]) == 0:
        raise NotEnoughData("answers in one sitting", 1, 2)
    if np.ptp(agrees[kept]) == 0:
        raise NotEnoughData("degrees of agreement with the others", 1, 2)
    y = _within(agrees[kept], who)
    bread = np.linalg.pinv(x.T @ x)
    slope = bread @ x.T @ y
    error = _errors(bread, x * (y - x @ slope)[:, None], sitting[kept], item[kept], x.shape[1] + int(who.max()) + 1)
    told = [_pooled(float(v), float(e), sittings, n) for v, e in zip(slope, error, strict=True)]
    return Paces(told[0], told[1] if has_time else None)


def _within(values: np.ndarray, who: np.ndarray) -> np.ndarray:
    found: np.ndarray = values - (np.bincount(who, values) / np.bincount(who))[who]
    return found


def _errors(
    bread: np.ndarray, scores: np.ndarray, sitting: np.ndarray, item: np.ndarray, parameters: int
) -> np.ndarray:
    """(k,) two-way errors (Cameron, Gelbach & Miller 2011), never below either one-way: two people who meet on an item
    share one agreement, and answers of a sitting hang together.
    """
    one, two = (np.unique(codes, return_inverse=True)[1] for codes in (sitting, item))
    both = np.unique(one * (int(two.max()) + 1) + two, return_inverse=True)[1]
    by_one, by_two, by_both = (np.diag(sandwich(bread, scores, codes, parameters)) for codes in (one, two, both))
    found: np.ndarray = np.sqrt(np.maximum(np.maximum(by_one, by_two), by_one + by_two - by_both))
    return found


def _pooled(value: float, error: float, sittings: int, n: int) -> Pooled:
    low, high = intervals.student(PP * value, PP * error, sittings)
    effect = Estimate(PP * value, low, high, n)
    p = float(2 * stats.t.sf(abs(value) / error, sittings - 1)) if error > 0 else 1.0
    smallest = PP * intervals.mde(error)
    return Pooled(effect, p, smallest, *judged(effect, p, smallest))
