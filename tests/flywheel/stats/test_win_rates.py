"""Win rates from few people and a judge: intervals hold the truth, are no wider than people's alone, and say what was won."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.stats.win_rates import weighted_rate, win_rate

BASE, POOL, ROUNDS = 0.55, 3000, 200


def world(rng: np.random.Generator, accuracy: float) -> tuple[np.ndarray, np.ndarray]:
    """Wins (POOL,) and the probabilities of a judge that errs, more often in favour of the win."""
    wins = (rng.random(POOL) < BASE).astype(float)
    said = np.where(rng.random(POOL) < accuracy, wins, 1 - wins)
    said = np.where((said == 0) & (rng.random(POOL) < 0.1), 1.0, said)
    return wins, np.clip(0.15 + 0.7 * said + 0.1 * rng.standard_normal(POOL), 0, 1)


@pytest.mark.parametrize("accuracy", [0.6, 0.75, 0.85])
def test_the_corrected_rate_covers_the_truth_with_no_wider_intervals(accuracy: float) -> None:
    held = narrower = 0
    for n in range(ROUNDS):
        rng = np.random.default_rng([n, 1])
        wins, judged = world(rng, accuracy)
        chosen = np.arange(100)
        rest = np.arange(100, POOL)
        found = win_rate(wins[chosen], judged[chosen], judged[rest], chosen, rest)
        held += found.value.low <= BASE <= found.value.high
        narrower += found.value.high - found.value.low <= 1.001 * (found.humans_alone.high - found.humans_alone.low)

    assert held / ROUNDS >= 0.90  # 0.93 wanted; 200 rounds allow for chance
    assert narrower / ROUNDS >= 0.9


def test_labels_chosen_by_doubt_are_weighted_right_and_their_plain_mean_is_not() -> None:
    held = naive = 0
    for n in range(ROUNDS):
        rng = np.random.default_rng([n, 2])
        wins, judged = world(rng, 0.8)
        chance = np.clip(0.03 + 0.25 * (judged < 0.5), 0, 1)
        picked = np.flatnonzero(rng.random(POOL) < chance)
        found = weighted_rate(wins[picked], chance[picked], judged[picked], judged, picked)
        held += found.low <= BASE <= found.high
        plain, error = wins[picked].mean(), wins[picked].std() / np.sqrt(len(picked))
        naive += abs(plain - BASE) <= 1.96 * error

    assert held / ROUNDS >= 0.90
    assert naive / ROUNDS < 0.92


def test_a_judge_that_says_nothing_is_not_trusted() -> None:
    rng = np.random.default_rng(3)
    wins = (rng.random(200) < BASE).astype(float)

    found = win_rate(wins, np.full(200, 0.5), np.full(1000, 0.5), np.arange(200), np.arange(1000))

    assert found.trust == 0.0 and found.value == found.humans_alone and found.gain == pytest.approx(1.0)


def test_few_labels_are_refused() -> None:
    with pytest.raises(NotEnoughData):
        win_rate(np.ones(5), np.ones(5), np.ones(50), np.arange(5), np.arange(50))
