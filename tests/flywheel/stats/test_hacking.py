"""The alarm over policy versions: by hand, each rule by itself, and what it refuses."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.simulation.judge_worlds import version_world
from flywheel.stats.hacking import Sample, anchors, watched


def samples(rng: np.random.Generator, **world: float) -> list[Sample]:
    return [
        Sample(f"v{v}", judged, people, np.arange(len(people)))
        for v, (judged, people) in enumerate(version_world(rng, **world))
    ]


def wins(share: float, size: int = 200) -> np.ndarray:
    """Wins of which this share are 1, spread evenly."""
    return (np.arange(size) * share % 1 < share - 1e-9).astype(float)


def test_the_slope_of_three_versions_by_hand() -> None:
    given = [Sample(f"v{v}", np.ones(100), wins(1 - 0.1 * v, 100), np.arange(100)) for v in range(3)]

    looks = watched(given, planned=3)

    gaps, errors = np.array([0.0, 0.1, 0.2]), np.array([0.5 / 102, 0.03 * (100 / 99) ** 0.5, 0.04 * (100 / 99) ** 0.5])
    weight = errors**-2
    step = np.arange(3) - np.average(np.arange(3), weights=weight)
    assert looks[2].slope_pp is not None and looks[0].slope_pp is None
    assert looks[2].slope_pp.value == pytest.approx(100 * (weight * step @ gaps) / (weight @ step**2))
    assert [look.gap_pp.value for look in looks] == pytest.approx([0, 10, 20])


def test_a_constant_gap_is_tolerated_and_a_growing_one_found() -> None:
    rng = np.random.default_rng(1)
    quiet = [watched(samples(rng, mean=0.1), planned=8) for _ in range(40)]
    hacked = [watched(samples(rng, slope=0.04), planned=8) for _ in range(40)]

    assert np.mean([any(look.alarms for look in run) for run in quiet]) <= 0.15
    assert np.mean([any("slope" in look.alarms for look in run) for run in hacked]) >= 0.9


def test_one_version_far_off_is_a_jump() -> None:
    even = [Sample(f"v{v}", wins(0.5), wins(0.5), np.arange(200)) for v in range(2)]
    far = Sample("v2", np.ones(200), wins(0.5), np.arange(200))

    looks = watched([*even, far], planned=8)

    assert looks[1].alarms == () and "jump" in looks[2].alarms and looks[2].evidence >= 20


def test_people_falling_while_the_judge_rises_is_a_divergence() -> None:
    before = Sample("v0", wins(0.5), wins(0.6), np.arange(200))
    worse = Sample("v1", wins(0.55), wins(0.3), np.arange(200))
    both_worse = Sample("v1", wins(0.45), wins(0.3), np.arange(200))

    assert "divergence" in watched([before, worse], planned=8)[1].alarms
    assert "divergence" not in watched([before, both_worse], planned=8)[1].alarms


def test_the_order_of_items_does_not_change_the_gap_or_the_slope() -> None:
    rng = np.random.default_rng(2)
    given = samples(rng, slope=0.02)
    order = rng.permutation(120)
    mixed = [Sample(s.version, s.judged[order], s.people[order], s.groups[order]) for s in given]

    for one, other in zip(watched(given, planned=8), watched(mixed, planned=8), strict=True):
        assert (one.alarms, one.slope_p) == (other.alarms, pytest.approx(other.slope_p))
        assert one.gap_pp.value == pytest.approx(other.gap_pp.value)


def test_too_few_items_and_more_versions_than_planned_are_refused() -> None:
    given = samples(np.random.default_rng(3))

    with pytest.raises(NotEnoughData, match="items of v0"):
        watched([Sample("v0", np.ones(5), np.ones(5), np.arange(5))], planned=8)
    with pytest.raises(ValueError, match="begin a new plan"):
        watched(given, planned=4)
    assert watched([], planned=8) == ()


def test_anchors_tell_a_judge_that_has_changed() -> None:
    then = wins(0.5)
    now = then.copy()
    now[:30] = 1.0

    same, changed = anchors(then, then, np.arange(200)), anchors(then, now, np.arange(200))

    assert same.is_steady and same.agreement.value == 1.0 and same.shift_pp.value == 0.0
    assert not changed.is_steady and changed.shift_pp.value > 0
    with pytest.raises(NotEnoughData, match="anchor items"):
        anchors(then[:50], then[:50], np.arange(50))
