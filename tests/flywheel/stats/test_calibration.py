"""Calibration: worked by hand, exact identities, planted overconfidence, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from flywheel.records import NotEnoughData
from flywheel.simulation.judge_worlds import sure_world
from flywheel.stats import calibration


def test_two_bins_by_hand() -> None:
    said, came = np.repeat([0.2, 0.8], 100), np.tile([1.0, 0.0, 1.0, 0.0], 50)

    found = calibration.measured(said, came, np.arange(200), rng=np.random.default_rng(1))

    assert found.ece_raw == pytest.approx(0.3)
    assert found.ece.low <= found.ece.value <= found.ece.high and found.ece.value == pytest.approx(0.3, abs=0.02)
    assert [point.said for point in found.points] == pytest.approx([0.2, 0.8])
    assert [point.came.value for point in found.points] == pytest.approx([0.5, 0.5])
    brier = found.brier
    assert (brier.score.value, brier.reliability) == pytest.approx((0.34, 0.09))
    assert (brier.resolution, brier.uncertainty, brier.within) == pytest.approx((0.0, 0.25, 0.0), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), ties=st.booleans())
def test_parts_of_the_brier_score_add_up_and_the_order_of_rows_does_not_matter(seed: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    world = sure_world(rng, size=200)
    came = rng.choice([0.0, 0.5, 1.0], 200) if ties else world.came
    order = rng.permutation(200)

    found = calibration.measured(world.said, came, world.prompt, rng=rng, draws=50)
    mixed = calibration.measured(world.said[order], came[order], world.prompt[order], rng=rng, draws=50)

    brier = found.brier
    total = brier.reliability - brier.resolution + brier.uncertainty + brier.within
    assert total == pytest.approx(brier.score.value)
    assert mixed.ece_raw == pytest.approx(found.ece_raw) and mixed.brier.reliability == pytest.approx(brier.reliability)


def test_naming_the_other_side_a_changes_nothing() -> None:
    world = sure_world(np.random.default_rng(3), size=400)

    plain, turned = calibration.platt(world.said, world.came), calibration.platt(1 - world.said, 1 - world.came)

    assert turned.probability(1 - world.said) == pytest.approx(1 - plain.probability(world.said), abs=1e-4)


def test_debiasing_takes_out_most_of_what_chance_adds() -> None:
    raw, debiased = [], []
    for seed in range(40):
        rng = np.random.default_rng([seed, 4])
        world = sure_world(rng, size=300)
        calibrated = (rng.random(300) < world.true).astype(float)
        found = calibration.measured(world.true, calibrated, np.arange(300), rng=rng, draws=100)
        raw.append(found.ece_raw)
        debiased.append(found.ece.value)

    assert np.mean(raw) > 0.06  # of a judge without any error
    assert np.mean(debiased) < 0.65 * np.mean(raw)


def test_platt_finds_the_planted_line_and_few_pairs_leave_it_near_the_identity() -> None:
    rng = np.random.default_rng(5)
    said = rng.uniform(0.02, 0.98, 20_000)
    came = (rng.random(20_000) < expit(0.3 + 0.5 * logit(said))).astype(float)

    found = calibration.platt(said, came)
    sure = calibration.platt(np.array([0.9, 0.8, 0.1]), np.array([1.0, 1.0, 0.0]))

    assert (found.intercept, found.slope) == pytest.approx((0.3, 0.5), abs=0.06)
    assert 0.5 < sure.slope < 8


def test_isotonic_rises_and_never_becomes_certain() -> None:
    world = sure_world(np.random.default_rng(6), size=2000)

    found = calibration.isotonic(world.said, world.came)
    at = found.probability(np.linspace(0, 1, 101))

    assert (np.diff(at) >= 0).all() and 0 < at[0] and at[-1] < 1
    assert isinstance(calibration.fitted(world.said, world.came), calibration.Isotonic)
    assert isinstance(calibration.fitted(world.said[:999], world.came[:999]), calibration.Platt)


def test_recalibrated_probabilities_come_from_other_prompts() -> None:
    world = sure_world(np.random.default_rng(7), size=400)
    changed = world.came.copy()
    changed[:4] = 1 - changed[:4]  # one prompt

    before, method = calibration.cross_fitted(world.said, world.came, world.prompt, rng=np.random.default_rng(1))
    after, _ = calibration.cross_fitted(world.said, changed, world.prompt, rng=np.random.default_rng(1))

    assert method == "platt" and (before[:4] == after[:4]).all() and (before != after).any()
    assert np.mean((before - world.came) ** 2) < np.mean((world.said - world.came) ** 2)


@pytest.mark.parametrize(("size", "prompts"), [(50, 50), (200, 3)])
def test_few_pairs_or_prompts_are_refused(size: int, prompts: int) -> None:
    with pytest.raises(NotEnoughData):
        calibration.measured(np.full(size, 0.5), np.ones(size), np.arange(size) % prompts, rng=np.random.default_rng(1))


def test_what_is_no_probability_is_refused() -> None:
    for wrong in (np.nan, 1.2, -0.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            calibration.measured(np.full(200, wrong), np.ones(200), np.arange(200), rng=np.random.default_rng(1))


def test_a_judge_that_says_one_number_is_measured_too() -> None:
    came = np.tile([1.0, 0.0], 100)

    found = calibration.measured(np.full(200, 0.7), came, np.arange(200), rng=np.random.default_rng(1))
    mended, _ = calibration.cross_fitted(np.full(200, 0.7), came, np.arange(200), rng=np.random.default_rng(1))

    assert len(found.points) == 1 and found.ece_raw == pytest.approx(0.2)
    assert mended == pytest.approx(0.5, abs=0.1)


def test_how_the_prompts_are_split_hardly_moves_what_is_recalibrated() -> None:
    world = sure_world(np.random.default_rng(5), size=150)
    found = [
        calibration.cross_fitted(world.said, world.came, world.prompt, rng=np.random.default_rng(seed))[0]
        for seed in range(4)
    ]

    assert np.ptp(found, axis=0).max() < 0.02
