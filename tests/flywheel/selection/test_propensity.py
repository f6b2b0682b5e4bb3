"""Drawing: recorded chances are the true ones, and estimates from a drawn batch are honest."""

import numpy as np
import pytest

from flywheel.selection import propensity

POOL, BATCH, EXPLORATION = 2000, 200, 0.3


def gains(generator: np.random.Generator) -> np.ndarray:
    """A pool in which some items are much more wanted than others."""
    return np.where(np.arange(POOL) < 400, generator.random(POOL), 0.0)


def drawn(generator: np.random.Generator, wanted: np.ndarray, strata: np.ndarray) -> tuple[propensity.Draw, ...]:
    return propensity.draw(-wanted, wanted, BATCH, exploration=EXPLORATION, strata=strata, rng=generator)


def test_chances_sum_to_the_batch_and_leave_nobody_out():
    wanted = gains(np.random.default_rng(0))

    for n in (1, 50, 200, 500, 1999):
        chances = propensity.inclusion_probabilities(wanted, n, EXPLORATION)
        assert chances.sum() == pytest.approx(n)
        assert chances.min() >= min(EXPLORATION * n / POOL, 1) - 1e-12
        assert chances.max() <= 1
    assert (propensity.inclusion_probabilities(wanted, POOL + 5, EXPLORATION) == 1).all()
    assert propensity.inclusion_probabilities(np.zeros(10), 4, EXPLORATION) == pytest.approx(0.4)


def test_each_item_is_drawn_as_often_as_its_chance_says():
    generator, chances = np.random.default_rng(1), np.array([0.9, 0.5, 0.5, 0.3, 0.3, 0.25, 0.15, 0.1])
    strata, hits, runs = np.array([0, 1, 0, 1, 0, 1, 0, 1]), np.zeros(8), 8000

    for _ in range(runs):
        sample = propensity.systematic_sample(chances, strata, generator)
        assert len(sample) == 3
        hits[sample] += 1

    assert hits / runs == pytest.approx(chances, abs=0.02)


def test_weighted_rows_stand_for_the_pool():
    """The sum of 1/π hits the pool size, and the weighted mean covers a known quantity of the pool."""
    generator = np.random.default_rng(2)
    wanted, strata = gains(generator), generator.integers(0, 6, POOL)
    truth = 0.4 * (wanted > 0.5) + 0.3 * generator.random(POOL) + 0.05 * strata
    sizes, covered, naive = [], [], []
    for _ in range(500):
        rows = drawn(generator, wanted, strata)
        y, weight = truth[[row.index for row in rows]], 1 / np.array([row.propensity for row in rows])
        mean = (weight * y).sum() / weight.sum()
        error = np.sqrt(((1 - 1 / weight) * (weight * (y - mean)) ** 2).sum()) / weight.sum()
        sizes.append(weight.sum())
        covered.append(abs(mean - truth.mean()) <= 1.96 * error)
        naive.append(abs(y.mean() - truth.mean()) <= 1.96 * y.std() / np.sqrt(len(y)))

    assert abs(np.mean(sizes) - POOL) <= 3 * np.std(sizes) / np.sqrt(500)
    assert np.mean(covered) >= 0.93
    assert np.mean(naive) < 0.5


def test_exploration_rows_are_a_uniform_sample():
    generator = np.random.default_rng(3)
    wanted, strata, hits = gains(generator), np.zeros(POOL, dtype=int), np.zeros(POOL)
    for _ in range(400):
        rows = drawn(generator, wanted, strata)
        hits[[row.index for row in rows if row.selected_by == "exploration"]] += 1

    each = EXPLORATION * BATCH / POOL
    assert hits[wanted > 0].mean() / 400 == pytest.approx(each, rel=0.1)
    assert hits[wanted == 0].mean() / 400 == pytest.approx(each, rel=0.05)


def test_the_order_is_by_rank_with_exploration_interleaved():
    generator = np.random.default_rng(4)
    wanted = gains(generator)

    rows = drawn(generator, wanted, np.zeros(POOL, dtype=int))

    assert [row.order for row in rows] == list(range(len(rows))) and len({row.index for row in rows}) == BATCH
    active = [wanted[row.index] for row in rows if row.selected_by == "active"]
    assert active == sorted(active, reverse=True)
    strangers = [row.order for row in rows if row.selected_by == "exploration"]
    assert min(strangers) < BATCH / 4 and max(strangers) > 3 * BATCH / 4


def test_an_empty_pool_gives_an_empty_batch_and_a_small_one_gives_all():
    generator = np.random.default_rng(5)
    none = np.empty(0)

    assert propensity.draw(none, none, 5, exploration=0.2, strata=none, rng=generator) == ()
    rows = propensity.draw(
        np.arange(3), np.array([1.0, 0.5, 0.0]), 5, exploration=0.2, strata=np.zeros(3), rng=generator
    )
    assert sorted(row.index for row in rows) == [0, 1, 2] and {row.propensity for row in rows} == {1.0}
