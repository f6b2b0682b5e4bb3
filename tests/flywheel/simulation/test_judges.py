"""The simulated judge shows the biases that were planted in it."""

import math

import numpy as np
import pytest

from flywheel.simulation.judges import SimulatedJudge

N = 3000


def swapped(judge, gaps, lengths=(50, 50), seed=1):
    rng = np.random.default_rng(seed)
    return [judge.verdicts(f"item-{place}", float(gap), lengths, rng) for place, gap in enumerate(gaps)]


def test_the_measured_position_shift_is_the_planted_one():
    judge = SimulatedJudge(name="j", sharpness=1.5, position=0.4)
    gaps = 1.2 * np.random.default_rng(0).standard_normal(N)

    both = swapped(judge, gaps)
    differences = np.array([((first.label == "a") - (second.label == "a")) / 2 for first, second in both])

    planted = judge.expected_shift(gaps.tolist(), [0.0] * N)
    assert planted > 0.05
    assert abs(differences.mean() - planted) <= 3 * differences.std() / math.sqrt(N)


def test_a_judge_without_position_bias_has_no_shift():
    judge = SimulatedJudge(name="j", position=0.0)

    assert judge.expected_shift([0.5, -1.0], [0.0, 0.0]) == pytest.approx(0.0)


def test_the_length_bias_shows_on_equals():
    judge = SimulatedJudge(name="j", length=0.7)

    chosen = np.mean([verdict.label == "a" for both in swapped(judge, np.zeros(N), (100, 50)) for verdict in both])

    assert chosen == pytest.approx(1 / (1 + math.exp(-0.7 * math.log(2))), abs=0.025)


def test_an_overconfident_judge_reports_more_than_it_knows():
    plain, sure = SimulatedJudge(name="j"), SimulatedJudge(name="j", confidence=2.0)

    honest, boasting = swapped(plain, [1.0])[0][0], swapped(sure, [1.0])[0][0]

    assert honest.probability == pytest.approx(plain.probability(1.0, 0.0, "a"), abs=1e-6)
    assert boasting.probability > honest.probability
    assert boasting.label == honest.label


def test_every_verdict_names_its_order_tokens_and_cost():
    for first, second in swapped(SimulatedJudge(name="j"), [0.3, -0.2]):
        assert (first.first, second.first) == ("a", "b")
        assert first.input_tokens > 0 and first.cost > 0 and first.latency_ms > 0
