"""Win rates from few people and a judge by their edges; coverage and width are an acceptance test (B-7)."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.stats.win_rates import weighted_rate, win_rate


def test_a_judge_that_says_nothing_is_not_trusted() -> None:
    rng = np.random.default_rng(3)
    wins = (rng.random(200) < 0.55).astype(float)

    found = win_rate(wins, np.full(200, 0.5), np.full(1000, 0.5), np.arange(200), np.arange(1000))

    assert found.trust == 0.0 and found.value == found.humans_alone and found.gain == pytest.approx(1.0)


def test_few_labels_are_refused() -> None:
    with pytest.raises(NotEnoughData):
        win_rate(np.ones(5), np.ones(5), np.ones(50), np.arange(5), np.arange(50))


def test_a_pool_drawn_from_twice_does_not_count_twice() -> None:
    rng = np.random.default_rng(5)
    wins, judged = (rng.random(2000) < 0.6).astype(float), np.full(2000, 0.5)
    first = np.flatnonzero(rng.random(2000) < 0.2)
    rest = np.setdiff1d(np.arange(2000), first)
    second = rest[rng.random(len(rest)) < 0.4]
    drawn, chance = np.concatenate([first, second]), np.repeat([0.2, 0.4], [len(first), len(second)])

    found = weighted_rate(wins[drawn], chance, judged[drawn], judged, drawn)

    assert found.low < wins.mean() < found.high and found.value == pytest.approx(0.6, abs=0.05)
