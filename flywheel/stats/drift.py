"""Does one person agree with the others less than before? Beside how the others' agreement changed in the same time.

A person is looked at anew whenever their answers grew by a fifth, and every look is paid for: each of the 30 looks from 60
to 11,000 answers has an even share of the error, so that all of them together raise a false alarm no more often than one
test (a confidence sequence over geometric looks, as in Howard, Ramdas, McAuliffe & Sekhon 2021).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.fatigue import agreeing
from flywheel.stats.position import PP
from flywheel.stats.split_human import sandwich

FEWEST = 60  # answers of the person that can be compared, at the first look
GROWTH, LOOKS = 1.2, 30  # from look to look, and how many there are
FEWEST_OF_OTHERS = 30  # before and after, by people who answered in both parts
BLOCKS, BLOCK = 12, 20  # of the timeline: how many at most, answers in each at least
ALPHA = 0.05 / LOOKS


@dataclass(frozen=True, slots=True)
class Course:
    """m answers: codes of item, rater and label (m,), seconds since any moment (m,), the code of the known answer of the
    vote's item (m,), below 0 where there is none, and codes of prompts (m,).
    """

    item: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    when: np.ndarray
    known: np.ndarray
    group: np.ndarray


@dataclass(frozen=True, slots=True)
class Drift:
    """Change from the first half of n answers to the second in points, beyond the change of the others.

    Interval, one-sided p-value and smallest findable change hold however often one looks.
    """

    change_pp: Estimate
    p: float
    mde_pp: float


@dataclass(frozen=True, slots=True)
class Block:
    """Agreement in some consecutive answers from `first` to `last`, and that of the others among themselves meanwhile."""

    agreement: Estimate
    others: Estimate | None
    first: float
    last: float


def agreement_beside(course: Course, rater: int) -> np.ndarray:
    """(m,) share of the others who said the same, where `rater` is one of the others to nobody; NaN without others.

    Where the answer is known, whether it was met.
    """
    labels, items = int(course.label.max()) + 1, int(course.item.max()) + 1
    mine = course.rater == rater
    found = np.full(len(mine), np.nan)
    others = agreeing(course.item[~mine], course.label[~mine], course.known[~mine], labels)
    found[~mine] = others
    cells = np.bincount(course.item[~mine] * labels + course.label[~mine], minlength=items * labels)
    same, everybody = cells.reshape(items, labels), np.bincount(course.item[~mine], minlength=items)
    place, said = course.item[mine], course.label[mine]
    share = np.divide(same[place, said], everybody[place], out=np.full(len(place), np.nan), where=everybody[place] > 0)
    known = course.known[mine]
    found[mine] = np.where(known >= 0, (said == known).astype(float), share)
    return found


def look(n: int) -> int:
    """How many of n answers the newest look takes in; n is at least 60."""
    number = min(LOOKS - 1, int(np.log(n / FEWEST) / np.log(GROWTH) + 1e-9))
    return int(FEWEST * GROWTH**number + 1e-9)


def drift(course: Course, agrees: np.ndarray, rater: int) -> Drift:
    """Of one person, from `agreement_beside`: least squares within people of agreement on being late, and on being late
    and this person; errors are clustered on prompts and never below those of independent answers.
    """
    mine = np.flatnonzero((course.rater == rater) & np.isfinite(agrees))
    if len(mine) < FEWEST:
        raise NotEnoughData("answers of the person that can be compared", len(mine), FEWEST)
    n = look(len(mine))
    mine = mine[np.lexsort((course.item[mine], course.when[mine]))][:n]
    middle = course.when[mine[n // 2]]
    kept = np.isfinite(agrees) & (course.when >= course.when[mine[0]]) & (course.when <= course.when[mine[-1]])
    kept &= course.rater != rater
    kept[mine] = True
    is_mine, late = course.rater[kept] == rater, course.when[kept] >= middle
    who, group = (np.unique(codes[kept], return_inverse=True)[1] for codes in (course.rater, course.group))
    moved = _within(late.astype(float), who)
    prompts = len(np.unique(group[is_mine]))
    _refuse_too_few(is_mine, late, moved, prompts)
    x = np.column_stack([moved, moved * is_mine])
    y = _within(agrees[kept], who)
    bread = np.linalg.pinv(x.T @ x)
    slope = bread @ x.T @ y
    covariance = sandwich(bread, x * (y - x @ slope)[:, None], group, 2 + int(who.max()) + 1)
    own = sum(_variance(agrees[kept][is_mine & half]) for half in (late, ~late))
    error = float(np.sqrt(max(covariance[1, 1], covariance[0, 0] + own)))
    low, high = intervals.student(PP * slope[1], PP * error, prompts, 1 - ALPHA)
    p = LOOKS * float(stats.t.cdf(slope[1] / error, prompts - 1))
    change = Estimate(float(PP * slope[1]), float(low), float(high), n)
    return Drift(change, min(1.0, p), PP * intervals.mde(error, 2 * ALPHA))


def _refuse_too_few(is_mine: np.ndarray, late: np.ndarray, moved: np.ndarray, prompts: int) -> None:
    """Both parts need enough of the others' answers; without them nothing tells the person's change from the items'."""
    steady = ~is_mine & (moved != 0)
    fewest = int(min((steady & late).sum(), (steady & ~late).sum()))
    if fewest < FEWEST_OF_OTHERS:
        raise NotEnoughData("answers of others that can be compared, before and after", fewest, FEWEST_OF_OTHERS)
    if late[is_mine].all():
        raise NotEnoughData("different times of answering", 1, 2)
    if prompts < 2:
        raise NotEnoughData("prompts that the person answered", prompts, 2)


def _variance(agrees: np.ndarray) -> float:
    """Of the mean of shares, an agreement and a disagreement added (Agresti & Caffo 2000): none is never no error."""
    widened = np.append(agrees, [0.0, 1.0])
    return float(widened.var()) / len(widened)


def _within(values: np.ndarray, who: np.ndarray) -> np.ndarray:
    found: np.ndarray = values - (np.bincount(who, values) / np.bincount(who))[who]
    return found


def timeline(course: Course, agrees: np.ndarray, rater: int) -> list[Block]:
    """The person's comparable answers in order of time, in up to 12 blocks of 20 and more; fewer than 20 make none."""
    mine = np.flatnonzero((course.rater == rater) & np.isfinite(agrees))
    mine = mine[np.lexsort((course.item[mine], course.when[mine]))]
    blocks = min(BLOCKS, len(mine) // BLOCK)
    usable = np.isfinite(agrees) & (course.rater != rater)
    found = []
    for rows in np.array_split(mine, blocks) if blocks else []:
        first, last = float(course.when[rows[0]]), float(course.when[rows[-1]])
        beside = agrees[usable & (course.when >= first) & (course.when <= last)]
        others = intervals.share(float(beside.sum()), len(beside)) if len(beside) >= BLOCK else None
        found.append(Block(intervals.share(float(agrees[rows].sum()), len(rows)), others, first, last))
    return found
