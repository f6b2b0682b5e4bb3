"""Cues put into a side: the exact paired test by hand, and refusals."""

import numpy as np
import pytest
from scipy.stats import binomtest

from flywheel.records import NotEnoughData
from flywheel.stats.counterfactual import cue_effect


def test_a_cue_that_turns_verdicts_by_hand() -> None:
    without = np.array(["b"] * 60 + ["a"] * 40)
    with_cue = np.array(["a"] * 18 + ["b"] * 42 + ["a"] * 38 + ["b"] * 2)

    found = cue_effect(with_cue, without, np.arange(100))

    assert (found.gained, found.lost) == (18, 2)
    assert found.effect_pp.value == pytest.approx(16.0)
    assert found.p == pytest.approx(binomtest(18, 20).pvalue)
    assert found.verdict == "biased" and found.material


def test_a_cue_that_changes_nothing_is_clean_only_with_enough_pairs() -> None:
    few, many = np.array(["a", "b"] * 10), np.array(["a", "b"] * 200)

    assert cue_effect(few, few, np.arange(20)).verdict == "underpowered"
    assert cue_effect(many, many, np.arange(400)).verdict == "no_material_bias"


def test_pairs_of_one_prompt_count_once() -> None:
    without, with_cue = np.array(["b"] * 40), np.array(["a"] * 40)

    alone, together = (cue_effect(with_cue, without, np.arange(40) // size) for size in (1, 10))

    assert alone.p < 0.001 < 0.05 < together.p
    with pytest.raises(NotEnoughData, match="with and without the cue"):
        cue_effect(with_cue[:1], without[:1], np.arange(1))
