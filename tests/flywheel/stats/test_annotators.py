"""Who answers usefully: planted people are flagged, honest ones are not, and harder items and habits are told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from flywheel.records import NotEnoughData
from flywheel.simulation.crowds import crowd
from flywheel.stats import annotators, habits
from flywheel.stats.difficulty import glad
from flywheel.stats.spamming import mace
from flywheel.stats.votes import MISSING, VoteTable


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(list(seed))


def table_of(item: np.ndarray, rater: np.ndarray, label: np.ndarray, labels: tuple[str, ...]) -> VoteTable:
    names = [tuple(f"{k:05d}" for k in range(int(codes.max()) + 1)) for codes in (item, rater)]
    return VoteTable(names[0], names[1], labels, item, rater, label, np.full(len(item), MISSING), np.ones(len(item)))


def test_informativeness_is_one_for_truth_none_for_guesses_and_less_for_lies() -> None:
    even = np.array([0.5, 0.5])
    confusions = np.array([np.eye(2), np.eye(2)[::-1], [[0.5, 0.5], [0.5, 0.5]], [[0.9, 0.1], [0.3, 0.7]]])

    assert annotators.informativeness(confusions, even) == pytest.approx([1, -1, 0, 0.6])


def test_of_three_labels_rare_truths_count_little_and_a_swap_is_a_lie() -> None:
    shares = np.array([0.48, 0.48, 0.04])
    swaps, says_a = np.eye(3)[[1, 0, 2]], np.eye(3)[[0, 0, 0]]

    assert annotators.informativeness(np.eye(3), shares) == pytest.approx(1)
    assert annotators.informativeness(swaps, shares) == pytest.approx(-1)
    assert annotators.informativeness(says_a, shares) == pytest.approx(0)


def test_adverse_people_are_named_and_not_called_uninformative() -> None:
    world = crowd(rng(1))
    told = annotators.qualities(world.table, world.known, rng=rng(2))

    adverse = world.informativeness < -0.3
    assert adverse.any()
    assert all(one and one.is_adverse and not one.is_uninformative for one in np.array(told)[adverse])
    assert not any(one and one.is_adverse for one in np.array(told)[world.informativeness > 0.3])


def test_people_of_three_labels_are_told_apart_from_one_who_guesses() -> None:
    generator = rng(3)
    truth = generator.integers(3, size=600)
    item, rater = np.arange(600).repeat(4), np.tile(np.arange(4), 600)
    right = np.where(generator.random(2400) < 0.8, truth[item], generator.integers(3, size=2400))
    label = np.where(rater == 3, generator.integers(3, size=2400), right)

    told = annotators.qualities(table_of(item, rater, label, ("a", "b", "tie")), rng=rng(4))

    assert [bool(one and one.is_uninformative) for one in told] == [False, False, False, True]


def test_single_answers_without_a_known_one_say_nothing_of_anybody() -> None:
    item = np.arange(100)
    with pytest.raises(NotEnoughData):
        annotators.qualities(table_of(item, item % 3, item % 2, ("a", "b")), rng=rng(5))


def test_one_label_says_nothing_of_anybody() -> None:
    item = np.arange(50).repeat(2)
    with pytest.raises(NotEnoughData):
        annotators.qualities(table_of(item, np.tile([0, 1], 50), item * 0, ("a",)), rng=rng(6))


def test_known_answers_are_tested_exactly() -> None:
    item = np.arange(20)
    table = table_of(item, item * 0, (item < 8).astype(int), ("a", "b"))

    (one,) = annotators.on_gold(table, np.ones(20, dtype=int))

    assert one and one.right.value == 0.4
    assert one.p == pytest.approx(stats.binomtest(8, 20, 0.7, alternative="less").pvalue)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_names_and_sides_do_not_matter(seed: int) -> None:
    world, generator = crowd(rng(seed), items=150, labels=4, gold=20), rng(seed, 1)
    t, rows, people = world.table, generator.permutation(600), generator.permutation(40)
    turned = VoteTable(
        t.items, t.raters, t.labels, t.item[rows], people[t.rater[rows]], 1 - t.label[rows], t.first, t.weight
    )
    known = np.where(world.known < 0, MISSING, 1 - world.known)

    plain = annotators.qualities(t, world.known, rng=rng(7))
    other = annotators.qualities(turned, known, rng=rng(8))

    assert [one is None for one in plain] == [other[k] is None for k in people]
    for rater, one in enumerate(plain):
        twin = other[people[rater]]
        assert one is None or (twin and abs(one.informativeness.value - twin.informativeness.value) < 0.05)


def test_glad_finds_hard_items_and_skilled_people() -> None:
    generator = rng(9)
    truth, ease = generator.integers(2, size=400), np.exp(generator.normal(0, 1, 400))
    skill = generator.uniform(0.2, 2.5, 20)
    item, rater = np.arange(400).repeat(20), np.tile(np.arange(20), 400)
    right = generator.random(8000) < 1 / (1 + np.exp(-skill[rater] * ease[item]))
    table = table_of(item, rater, np.where(right, truth[item], 1 - truth[item]), ("a", "b"))

    found = glad(table)

    assert stats.spearmanr(ease, found.ease)[0] > 0.7
    assert stats.spearmanr(skill, found.skill)[0] > 0.9
    assert (found.posterior.argmax(axis=1) == truth).mean() > 0.9
    assert np.allclose(found.posterior.sum(axis=1), 1)


def test_mace_finds_who_does_not_look_and_what_they_say_instead() -> None:
    generator = rng(10)
    truth, knowing = generator.integers(3, size=500), np.array([0.9, 0.85, 0.8, 0.7, 0.1])
    item, rater = np.arange(500).repeat(5), np.tile(np.arange(5), 500)
    label = np.where(generator.random(2500) < knowing[rater], truth[item], 2)
    found = mace(table_of(item, rater, label, ("a", "b", "c")))

    assert found.knowing == pytest.approx(knowing, abs=0.08)
    assert (found.habit.argmax(axis=1) == 2).all()
    assert (found.consensus.posterior.argmax(axis=1) == truth).mean() > 0.97


def test_known_answers_stay_in_both() -> None:
    world = crowd(rng(11), items=100, labels=3, gold=20)
    for posterior in (glad(world.table, world.known).posterior, mace(world.table, world.known).consensus.posterior):
        assert (posterior[np.arange(20), world.truth[:20]] == 1).all()


def test_quick_answers_are_measured_by_their_length_and_their_author() -> None:
    generator = rng(12)
    words, rater = generator.uniform(50, 900, 400), np.arange(400) % 2
    seconds = words * np.where(rater == 0, 0.3, 0.25) * np.exp(0.2 * generator.standard_normal(400))
    seconds[:40:2] = 1.0

    surprise = habits.surprise(seconds, words, rater)
    slow, quick = (habits.pace(seconds[rater == r], words[rater == r], surprise[rater == r]) for r in (1, 0))

    assert (surprise[:40:2] < -3).all() and abs(np.median(surprise)) < 0.2
    assert quick.hurried.value == pytest.approx(0.1) and slow.hurried.value == 0
    assert not quick.is_hurried  # one answer in ten is no habit


def test_one_side_in_long_runs_and_strict_alternation_are_seen_and_chance_is_not() -> None:
    chance = [habits.sides(rng(k, 13).random(200) < 0.5, is_in_order=True).runs_p for k in range(200)]
    runs = habits.sides(np.repeat([True, False] * 4, 25), is_in_order=True)
    turns = habits.sides(np.tile([True, False], 100), is_in_order=True)
    always = habits.sides(np.arange(100) > 4, is_in_order=False)

    assert np.mean(np.array(chance) <= 0.05) <= 0.09
    assert runs.runs_p is not None and runs.runs_p < 1e-9
    assert turns.runs_p is not None and turns.runs_p < 1e-9
    assert always.is_one_sided and always.runs_p is None and not runs.is_one_sided
