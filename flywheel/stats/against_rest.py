"""Which groups of items agree less than all the others: one-sided tests clustered on prompts, false alarms kept rare."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.conclusions import FALSE_DISCOVERIES, MATERIAL_PP
from flywheel.stats.multiplicity import bh
from flywheel.stats.position import PP
from flywheel.stats.slices import FEWEST, FEWEST_CLUSTERS

Verdict = Literal["agrees_less", "no_material_gap", "inconclusive", "underpowered"]


@dataclass(slots=True)
class Gap:
    """Agreement in a group less that in all the others, in points; p is one-sided, of no less agreement."""

    gap_pp: Estimate
    p: float
    mde_pp: float
    p_adjusted: float = 1.0
    verdict: Verdict = "underpowered"

    def told(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def against_rest(agreed: np.ndarray, inside: np.ndarray, groups: np.ndarray) -> Gap:
    """Mean agreement (n,) in [0, 1] of the items `inside` (n,) bool less that of the others.

    The error sums what each prompt adds to the difference (Liang & Zeger 1986): a prompt with items on both sides counts
    once. Degrees of freedom after Welch (1947) with prompts for observations. Raises NotEnoughData where either side has
    fewer than 30 items or ten prompts.
    """
    _, codes = np.unique(groups, return_inverse=True)
    prompts = int(codes.max()) + 1 if len(codes) else 0
    one, other = (_side(agreed, kept, codes, prompts) for kept in (inside, ~inside))
    own = [max(float(side.added @ side.added) * side.stretch, side.floor) for side in (one, other)]
    shared = float(one.added @ other.added) * np.sqrt(one.stretch * other.stretch)
    error = float(np.sqrt(max(sum(own) - 2 * shared, one.floor)))
    freedom = sum(own) ** 2 / (own[0] ** 2 / (one.prompts - 1) + own[1] ** 2 / (other.prompts - 1))
    value = one.mean - other.mean
    half = float(stats.t.ppf(0.975, freedom)) * error
    gap = Estimate(PP * value, PP * max(-1.0, value - half), PP * min(1.0, value + half), int(inside.sum()))
    return Gap(gap, float(stats.t.cdf(value / error, freedom)), PP * intervals.mde(error))


@dataclass(frozen=True, slots=True)
class _Side:
    """The items on one side: their mean, what each prompt adds to it (prompts,), its variance at least, CR1's stretch."""

    mean: float
    added: np.ndarray
    prompts: int
    floor: float

    @property
    def stretch(self) -> float:
        return self.prompts / (self.prompts - 1)


def _side(agreed: np.ndarray, kept: np.ndarray, codes: np.ndarray, prompts: int) -> _Side:
    n, seen = int(kept.sum()), len(np.unique(codes[kept]))
    if n < FEWEST:
        raise NotEnoughData("items to compare with the rest", n, FEWEST)
    if seen < FEWEST_CLUSTERS:
        raise NotEnoughData("prompts to compare with the rest", seen, FEWEST_CLUSTERS)
    mean = float(agreed[kept].mean())
    added = np.bincount(codes[kept], agreed[kept] - mean, prompts) / n
    # Items that all agree are no certainty: as wide as if one of n + 2 did not.
    return _Side(mean, added, seen, (0.5 / (n + 2)) ** 2)


def decide(family: Sequence[Gap]) -> None:
    """Adjust the p-values of all groups together (Benjamini & Hochberg 1995) and give each its verdict."""
    for gap, adjusted in zip(family, bh(np.array([gap.p for gap in family])), strict=True):
        gap.p_adjusted = float(adjusted)
        gap.verdict = _verdict(gap)


def _verdict(gap: Gap) -> Verdict:
    """The first that holds; the interval and the adjusted test have to agree that there is less agreement."""
    if gap.gap_pp.high < 0 and gap.p_adjusted <= FALSE_DISCOVERIES:
        return "agrees_less"
    if gap.gap_pp.low > -MATERIAL_PP:
        return "no_material_gap"
    return "underpowered" if gap.mde_pp > MATERIAL_PP else "inconclusive"
