"""One temperature, fitted on known answers."""

import numpy as np
import pytest
from scipy.special import expit

from flywheel.judging.calibration import fit_temperature
from flywheel.records import BadInput, NotEnoughData


def planted(n, temperature, seed):
    """Logits of a judge whose truth is sigmoid(logit / temperature)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.0, n)
    return logits, rng.random(n) < expit(logits / temperature)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_planted_temperature_is_found_and_lies_in_its_interval(temperature):
    fit = fit_temperature(*planted(4000, temperature, seed=3))

    assert fit.temperature.value == pytest.approx(temperature, rel=0.1)
    assert fit.temperature.low < temperature < fit.temperature.high
    assert fit.loss_after <= fit.loss_before


def test_the_interval_covers_the_truth_as_often_as_it_says():
    fits = [fit_temperature(*planted(150, 2.0, seed)).temperature for seed in range(300)]

    assert 0.91 <= np.mean([fit.low <= 2.0 <= fit.high for fit in fits]) <= 0.985


def test_an_overconfident_judge_is_brought_down_on_pairs_it_was_not_fitted_on():
    logits, right = planted(600, 3.0, seed=5)
    fit = fit_temperature(logits[:300], right[:300])

    raw, mended = expit(logits[300:]), np.array([fit.probability(x) for x in logits[300:]])

    assert np.mean((mended - right[300:]) ** 2) < np.mean((raw - right[300:]) ** 2)


def test_a_judge_that_is_never_wrong_stays_finitely_sure():
    logits = np.tile([1.0, -1.0], 20)
    fit = fit_temperature(logits, logits > 0)

    assert 0.05 < fit.temperature.value < 1.0
    assert 0.9 < fit.probability(1.0) < 1.0
    assert 0 < fit.temperature.low < fit.temperature.high < np.inf


def test_the_order_of_rows_does_not_matter():
    logits, right = planted(100, 2.0, seed=7)

    assert fit_temperature(logits[::-1], right[::-1]).temperature.value == pytest.approx(
        fit_temperature(logits, right).temperature.value, rel=1e-5
    )


def test_repeating_each_pair_ten_times_within_its_cluster_narrows_nothing():
    logits, right = planted(60, 1.5, seed=2)
    tenfold = fit_temperature(np.repeat(logits, 10), np.repeat(right, 10), np.repeat(np.arange(60), 10)).temperature
    naive = fit_temperature(np.repeat(logits, 10), np.repeat(right, 10)).temperature

    assert np.log(tenfold.high / tenfold.low) > 2.5 * np.log(naive.high / naive.low)


def test_too_few_or_uneven_rows_are_refused():
    with pytest.raises(NotEnoughData, match="at least 20"):
        fit_temperature(*planted(19, 1.0, seed=0))
    with pytest.raises(BadInput, match="one known answer a logit"):
        fit_temperature(np.zeros(30), np.zeros(29))
