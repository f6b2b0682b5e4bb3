"""What a cue does by itself: the same pairs judged with it and without it, such as an invented source or flattery.

Causal by design, as nothing else differs; a person should have seen that the cue leaves the meaning as it was (Ye et al. 2024).
"""

from dataclasses import dataclass

import numpy as np

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats.conclusions import Verdict, judged
from flywheel.stats.position import paired, wins_of_a


@dataclass(frozen=True, slots=True)
class CueEffect:
    """Points of win probability that the cue brings to the side that carries it, and on how many pairs it turned it."""

    effect_pp: Estimate
    p: float
    mde_pp: float
    verdict: Verdict
    material: bool
    gained: int
    lost: int


def cue_effect(with_cue: np.ndarray, without: np.ndarray, groups: np.ndarray) -> CueEffect:
    """From (n,) labels of the same pairs with the cue put into side a, and without it; `groups` (n,) are their prompts.

    The test is exact on the signs of the prompts' sums (McNemar 1947, by prompts). Show both in the same order of sides.
    """
    if (n := len(with_cue)) < 2:
        raise NotEnoughData("pairs judged with and without the cue", n, 2)
    change = wins_of_a(with_cue) - wins_of_a(without)
    effect, p, smallest = paired(change, groups, most=1.0)
    verdict, material = judged(effect, p, smallest)
    return CueEffect(effect, p, smallest, verdict, material, int((change > 0).sum()), int((change < 0).sum()))
