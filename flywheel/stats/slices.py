"""Where a judge and people part: residuals by topic, drawn together as far as topics are alike, with false alarms kept rare."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.conclusions import Verdict, concluded
from flywheel.stats.multiplicity import bh
from flywheel.stats.position import PP

FEWEST = 30  # items of a topic
FEWEST_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class Gap:
    """One topic: mean residual in points, the same shrunk towards the other topics', its test, and what follows."""

    gap_pp: Estimate
    shrunk_pp: Estimate
    p: float
    p_adjusted: float
    mde_pp: float
    verdict: Verdict
    material: bool

    def told(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Slices:
    """Gaps by topic, and topics left out with the items they have."""

    gaps: dict[str, Gap]
    left_out: dict[str, int]


def by_topic(residual: np.ndarray, topics: np.ndarray, groups: np.ndarray, *, centre: float = 0.0) -> Slices:
    """Which topics have a mean residual (n,) other than `centre`; residuals in [−1, 1], `groups` (n,) are prompts.

    t-tests with errors clustered on prompts, adjusted by Benjamini & Hochberg over the topics. Shrunk gaps are empirical
    Bayes: topics' true gaps are normal around their mean with a variance after DerSimonian & Laird (1986).
    """
    kept: dict[str, tuple[float, float, int, int]] = {}
    left_out: dict[str, int] = {}
    for topic in np.unique(topics):
        inside = topics == topic
        n, clusters = int(inside.sum()), len(np.unique(groups[inside]))
        if n < FEWEST or clusters < FEWEST_CLUSTERS:
            left_out[str(topic)] = n
            continue
        mean, error, clusters = intervals.clustered_mean(residual[inside], groups[inside])
        kept[str(topic)] = mean - centre, max(error, 0.5 / (n + 2)), clusters, n
    if not kept and (most := max(left_out.values(), default=0)) < FEWEST:
        raise NotEnoughData("items of a topic", most, FEWEST)
    if not kept:
        prompts = max(len(np.unique(groups[topics == topic])) for topic, n in left_out.items() if n >= FEWEST)
        raise NotEnoughData("prompts of a topic", prompts, FEWEST_CLUSTERS)
    return Slices(_gaps(kept), left_out)


def _gaps(kept: Mapping[str, tuple[float, float, int, int]]) -> dict[str, Gap]:
    value, error, clusters, n = (np.array(column) for column in zip(*kept.values(), strict=True))
    p = 2 * stats.t.sf(np.abs(value) / error, clusters - 1)
    adjusted = bh(p)
    shrunk, spread = _shrunk(value, error)
    found = {}
    for k, topic in enumerate(kept):
        low, high = intervals.student(value[k], error[k], int(clusters[k]))
        gap = _points(value[k], low, high, int(n[k]))
        half = float(stats.norm.ppf(0.975)) * spread[k]
        mde = PP * intervals.mde(float(error[k]))
        verdict, material = concluded(gap, float(adjusted[k]), mde)
        drawn = _points(shrunk[k], shrunk[k] - half, shrunk[k] + half, int(n[k]))
        found[topic] = Gap(gap, drawn, float(p[k]), float(adjusted[k]), mde, verdict, material)
    return found


def _shrunk(value: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(k,) posterior means and standard deviations; the mean of all topics is itself uncertain."""
    weight = 1 / error**2
    common = np.average(value, weights=weight)
    surplus = float(weight @ (value - common) ** 2) - (len(value) - 1)
    scale = float(weight.sum() - (weight @ weight) / weight.sum())
    between = max(0.0, surplus / scale) if scale > 0 else 0.0
    weight = 1 / (error**2 + between)
    common = np.average(value, weights=weight)
    own = between / (between + error**2)
    spread = np.sqrt(own * error**2 + (1 - own) ** 2 / weight.sum())
    return common + own * (value - common), spread


def _points(value: float, low: float, high: float, n: int) -> Estimate:
    return Estimate(PP * float(value), PP * float(low), PP * float(high), n)


def nearness(verdict: np.ndarray, votes: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) how much nearer the judge is to people than they are to one another, from n verdicts and the votes on each.

    The mean of 1 − |judge − person| less the mean of 1 − |person − other person|: it takes out that some topics are hard,
    does not depend on which side is a, and is 0 on average for a judge like a person. Items need two people.
    """
    found = np.empty(len(verdict))
    for place, (judge, said) in enumerate(zip(verdict, votes, strict=True)):
        among = np.abs(said[:, None] - said).sum() / (len(said) * (len(said) - 1))
        found[place] = among - np.abs(judge - said).mean()
    return found
