"""What follows from an effect in percentage points: one of four verdicts, never "no bias" where none could have been found."""

from typing import Literal

from flywheel.records import Estimate

Verdict = Literal["biased", "no_material_bias", "underpowered", "inconclusive"]

MATERIAL_PP = 5.0  # smallest effect of interest
ALPHA = 0.05
FALSE_DISCOVERIES = 0.10  # among the effects found in one report


def judged(shift: Estimate, p: float, mde_pp: float, alpha: float = ALPHA) -> tuple[Verdict, bool]:
    """The verdict on a shift in pp, and whether it matters: silence counts as clean only if bias could have been found."""
    inside = -MATERIAL_PP < shift.low and shift.high < MATERIAL_PP
    if p <= alpha:
        return "biased", not inside
    if inside:
        return "no_material_bias", False
    return ("underpowered" if mde_pp > MATERIAL_PP else "inconclusive"), False


def concluded(effect: Estimate, p_adjusted: float, mde_pp: float) -> tuple[Verdict, bool]:
    """The verdict on one of many effects: its interval and its adjusted p have to agree on a bias."""
    excludes = effect.low > 0 or effect.high < 0
    return judged(effect, p_adjusted if excludes else 1.0, mde_pp, FALSE_DISCOVERIES)
