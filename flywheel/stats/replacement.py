"""May this judge replace a person here? The alternative annotator test (Calderon, Reichart & Dror, ACL 2025)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData, Vote
from flywheel.stats import intervals
from flywheel.stats.multiplicity import by

FEWEST = 30  # items that a person shares with another
FALSE_DISCOVERIES = 0.05
PASSES = 0.5  # of the people must be beaten
CROWD, SKILLED, EXPERTS = 0.1, 0.15, 0.2  # what a person costs more than a judge, as a share of items


@dataclass(frozen=True, slots=True)
class Beaten:
    """One person against the judge: how often each is at least as near to the others, and the test of it."""

    person: str
    judge_wins: float
    person_wins: float
    p: float
    p_adjusted: float
    is_beaten: bool
    n: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """`winning` is the share of people whom the judge may replace; `advantage` its chance to be at least as near."""

    people: tuple[Beaten, ...]
    winning: float
    advantage: Estimate
    passes: bool
    epsilon: float
    left_out: Mapping[str, int]


def replacement(judge: Mapping[str, str], people: Sequence[Vote], *, epsilon: float = SKILLED) -> Replacement:
    """The test of a judge's labels by item against all who share at least 30 items with somebody and with the judge.

    A person is left out in turn; judge and person are scored by the share of the others who say the same. The judge wins
    an item if it scores at least as well. H0, that it wins no more often than the person less `epsilon`, is tested by a
    one-sided t-test, with Benjamini & Yekutieli's control over the people.
    """
    said: dict[str, dict[str, str]] = {}
    for vote in people:
        said.setdefault(vote.item, {})[vote.rater] = vote.label
    everybody = sorted({vote.rater for vote in people})
    gaps = {who: _gaps(who, judge, said) for who in everybody}
    kept = {who: found for who, found in gaps.items() if len(found[0]) >= FEWEST}
    left_out = {who: len(found[0]) for who, found in gaps.items() if who not in kept}
    if not kept:
        raise NotEnoughData(
            "items that a person shares with others and the judge", max(left_out.values(), default=0), FEWEST
        )
    p = np.array([_p(theirs - ours, epsilon) for ours, theirs in kept.values()])
    adjusted = by(p)
    beaten = tuple(
        Beaten(who, float(ours.mean()), float(theirs.mean()), float(p[k]), float(adjusted[k]),
               bool(adjusted[k] <= FALSE_DISCOVERIES), len(ours))
        for k, (who, (ours, theirs)) in enumerate(kept.items())
    )  # fmt: skip
    winning = float(np.mean([one.is_beaten for one in beaten]))
    advantage = float(np.mean([one.judge_wins for one in beaten]))
    n = sum(one.n for one in beaten)
    low, high = intervals.wilson(advantage * n, n)
    return Replacement(beaten, winning, Estimate(advantage, low, high, n), winning >= PASSES, epsilon, left_out)


def _gaps(who: str, judge: Mapping[str, str], said: Mapping[str, Mapping[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) whether the judge, and whether the person, is at least as near to the others, item by item."""
    ours, theirs = [], []
    for item in sorted(said):
        labels = said[item]
        if who not in labels or item not in judge or len(labels) < 2:
            continue
        others = [label for rater, label in labels.items() if rater != who]
        near_judge = sum(label == judge[item] for label in others)
        near_person = sum(label == labels[who] for label in others)
        ours.append(near_judge >= near_person)
        theirs.append(near_person >= near_judge)
    return np.array(ours, dtype=float), np.array(theirs, dtype=float)


def _p(gap: np.ndarray, epsilon: float) -> float:
    """One-sided t-test that the mean gap is below epsilon; where all gaps are the same, by its sign."""
    if gap.std() == 0:
        return 0.0 if gap[0] < epsilon else 1.0
    return float(stats.ttest_1samp(gap, epsilon, alternative="less").pvalue)
