"""Evidence that may be looked at any time: worked by hand, rare under the null, and quick under a shift."""

import numpy as np
import pytest

from flywheel.stats.sequential import ALARM, betting_eprocess, sr_detector


def test_one_bet_by_hand() -> None:
    found = betting_eprocess(np.array([1.0, -1.0, 0.5]), bets=(0.5,))

    assert found == pytest.approx([1.5, 0.75, 0.9375])


def test_bets_are_averaged_and_scaled_by_the_mean() -> None:
    found = betting_eprocess(np.array([1.0]), mean=0.25, bets=(0.5, 0.25))

    assert found == pytest.approx([1 + 0.75 * (0.4 + 0.2) / 2])


def test_looking_at_each_step_raises_few_false_alarms_and_finds_a_shift() -> None:
    rng = np.random.default_rng(1)
    nothing = [betting_eprocess(rng.choice([-1.0, 0.0, 1.0], 400, p=[0.3, 0.4, 0.3])).max() for _ in range(300)]
    shift = [betting_eprocess(rng.choice([-1.0, 0.0, 1.0], 400, p=[0.2, 0.4, 0.4])).max() for _ in range(100)]

    assert np.mean(np.array(nothing) >= ALARM) <= 0.06
    assert np.mean(np.array(shift) >= ALARM) >= 0.9


def test_values_outside_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        betting_eprocess(np.array([0.0, np.nan]))


def test_the_detector_of_late_changes_by_hand() -> None:
    assert sr_detector(np.array([1.0, 2.0, 0.0, 3.0])) == pytest.approx([1.0, 4.0, 0.0, 3.0])
    assert len(sr_detector(np.array([]))) == 0
