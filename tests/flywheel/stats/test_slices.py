"""Topics: planted gaps found, shrinkage by hand, nearness of a judge like a person, and what changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.records import NotEnoughData
from flywheel.simulation.judge_worlds import topic_world
from flywheel.stats import slices


def test_planted_topics_are_found_and_shrunk_gaps_are_nearer_the_truth() -> None:
    world = topic_world(np.random.default_rng(1), size=1000)

    gaps = slices.by_topic(world.residual, world.topic, world.prompt).gaps

    flagged = [gaps[str(topic)].verdict == "biased" for topic in range(40)]
    raw = np.array([gaps[str(topic)].gap_pp.value for topic in range(40)])
    shrunk = np.array([gaps[str(topic)].shrunk_pp.value for topic in range(40)])
    assert sum(flagged[:8]) >= 6 and sum(flagged[8:]) <= 3
    assert np.mean((shrunk - 100 * world.gap) ** 2) < np.mean((raw - 100 * world.gap) ** 2)


def test_topics_that_are_all_alike_are_drawn_together_wholly() -> None:
    residual = np.tile([1.0, -1.0, 0.0, 0.0], 100)

    gaps = slices.by_topic(residual, np.repeat(["x", "y"], 200), np.arange(400)).gaps

    assert [gap.shrunk_pp.value for gap in gaps.values()] == pytest.approx([0.0, 0.0])
    assert gaps["x"].shrunk_pp.high < gaps["x"].gap_pp.high
    assert {gap.verdict for gap in gaps.values()} == {"underpowered"}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_of_rows_and_turned_signs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    world = topic_world(rng, topics=5, biased=1, size=60)
    order = rng.permutation(300)

    plain = slices.by_topic(world.residual, world.topic, world.prompt).gaps
    mixed = slices.by_topic(world.residual[order], world.topic[order], world.prompt[order]).gaps
    turned = slices.by_topic(-world.residual, world.topic, world.prompt).gaps

    for topic, gap in plain.items():
        assert mixed[topic].shrunk_pp.value == pytest.approx(gap.shrunk_pp.value)
        assert turned[topic].gap_pp.value == pytest.approx(-gap.gap_pp.value)
        assert turned[topic].p_adjusted == pytest.approx(gap.p_adjusted)


def test_small_topics_are_left_out_and_none_at_all_is_refused() -> None:
    topics = np.array(["large"] * 100 + ["small"] * 10)

    assert slices.by_topic(np.zeros(110), topics, np.arange(110)).left_out == {"small": 10}
    with pytest.raises(NotEnoughData, match="items of a topic"):
        slices.by_topic(np.zeros(10), topics[-10:], np.arange(10))
    with pytest.raises(NotEnoughData):
        slices.by_topic(np.empty(0), np.empty(0, dtype=str), np.empty(0))


def test_nearness_by_hand_and_zero_for_a_judge_like_a_person() -> None:
    by_hand = slices.nearness(np.array([1.0, 0.5]), [np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0])])
    rng = np.random.default_rng(4)
    chance = rng.random(4000)
    said = (rng.random((4000, 4)) < chance[:, None]).astype(float)

    like_a_person = slices.nearness(said[:, 0], list(said[:, 1:]))

    # The three people: distance ⅔ of their pairs, ⅓ to the judge. The two agree, and the judge is half away.
    assert by_hand == pytest.approx([2 / 3 - 1 / 3, -0.5])
    assert abs(like_a_person.mean()) < 0.02
