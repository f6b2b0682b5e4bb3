"""Groups beside the rest: false alarms kept, planted groups found, prompts counted once."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.stats import against_rest
from flywheel.stats.against_rest import Gap

GROUPS, SIZE, PROMPT = 10, 80, 4


def family(rng: np.random.Generator, low: int, gap: float) -> list[Gap]:
    """Ten groups of 80 items in prompts of four that agree alike within; the first `low` agree less by `gap`."""
    group = np.repeat(np.arange(GROUPS), SIZE)
    prompt = np.arange(len(group)) // PROMPT
    share = np.clip(0.75 + 0.15 * rng.standard_normal(prompt.max() + 1), 0, 1)[prompt] - gap * (group < low)
    agreed = (rng.random(len(group)) < share).astype(float)
    found = [against_rest.against_rest(agreed, group == one, prompt) for one in range(GROUPS)]
    against_rest.decide(found)
    return found


def test_where_all_agree_alike_alarms_are_as_rare_as_promised():
    found = [family(np.random.default_rng(seed), 0, 0.0) for seed in range(300)]

    alarms = np.mean([any(gap.verdict == "agrees_less" for gap in one) for one in found])
    small = np.mean([gap.p <= 0.05 for one in found for gap in one])
    assert alarms <= 0.10 + 2 * np.sqrt(0.1 * 0.9 / 300)
    # Most items agree, so a mean below the others' is wider than one above: the test errs on the careful side.
    assert 0.02 <= small <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 3000)


def test_a_planted_group_is_found_and_hardly_any_other():
    found = [family(np.random.default_rng(seed), 1, 0.3) for seed in range(40)]

    assert np.mean([one[0].verdict == "agrees_less" for one in found]) >= 0.9
    assert np.mean([gap.verdict == "agrees_less" for one in found for gap in one[1:]]) <= 0.02
    assert np.mean([one[0].gap_pp.low <= -30 <= one[0].gap_pp.high for one in found]) >= 0.85


def test_prompts_with_items_on_both_sides_narrow_the_gap_and_doubled_items_do_not():
    rng = np.random.default_rng(2)
    inside, prompt = np.tile([True, False], 200), np.arange(400) // 2
    share = rng.random(200)[prompt]
    agreed = (rng.random(400) < share).astype(float)

    paired, alone = (against_rest.against_rest(agreed, inside, groups) for groups in (prompt, np.arange(400)))
    doubled = against_rest.against_rest(agreed.repeat(3), inside.repeat(3), np.arange(400).repeat(3))

    assert paired.mde_pp < alone.mde_pp
    assert doubled.mde_pp == pytest.approx(alone.mde_pp, rel=0.01)


def test_the_gap_by_hand_and_without_any_spread():
    agreed, inside = np.tile([1.0, 1.0, 1.0, 0.0], 20), np.repeat([True, False], 40)
    agreed[:40] = np.tile([1.0, 0.0], 20)

    gap = against_rest.against_rest(agreed, inside, np.arange(80))
    same = against_rest.against_rest(np.ones(80), inside, np.arange(80))

    # Errors of the two means: ½ / √39 and √(3/16) / √39; Welch's degrees of freedom are 77.
    error = np.sqrt(0.25 / 39 + 0.1875 / 39)
    assert gap.gap_pp.value == -25 and gap.mde_pp == pytest.approx(280.159 * error, rel=1e-4)
    assert same.gap_pp.value == 0 and same.gap_pp.low < 0 < same.gap_pp.high and same.p == 0.5


@pytest.mark.parametrize(("inside", "groups"), [(29, 100), (71, 100), (50, 15)])
def test_too_few_items_or_prompts_on_either_side_are_refused(inside, groups):
    with pytest.raises(NotEnoughData, match="compare with the rest"):
        against_rest.against_rest(np.ones(100), np.arange(100) < inside, np.arange(100) * groups // 100)
