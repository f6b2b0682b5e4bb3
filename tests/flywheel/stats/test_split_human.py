"""The bias that is not there is not found, the naive regressions find it, and a planted one is found and covered."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.simulation.bias_worlds import BiasWorld, bias_world
from flywheel.stats import split_human
from flywheel.stats.split_human import Fit, sandwich

ROUNDS = 60


def votes_of(world: BiasWorld) -> split_human.People:
    size, raters = world.people.shape
    return split_human.people(np.repeat(np.arange(size), raters), world.people.ravel(), size)


def fitted(world: BiasWorld) -> Fit:
    features = np.column_stack([world.feature, world.order])
    return split_human.fit(world.verdict, votes_of(world), features, world.prompt)


def naive_p(world: BiasWorld) -> float:
    """The p-value of verdict ~ feature alone."""
    design = np.column_stack([np.ones(len(world.feature)), world.feature])
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ world.verdict
    covariance = sandwich(bread, design * (world.verdict - design @ beta)[:, None], world.prompt, 2)
    return float(abs(beta[1]) / np.sqrt(covariance[1, 1]))


@pytest.mark.parametrize("sharpness", [1.0, 2.0, 0.5])
def test_no_bias_is_found_where_there_is_none_and_the_naive_regression_finds_it(sharpness: float) -> None:
    worlds = [bias_world(np.random.default_rng([n, 1]), size=600, sharpness=sharpness) for n in range(ROUNDS)]

    ours = np.mean([fitted(world).p[0] <= 0.05 for world in worlds])
    naive = np.mean([naive_p(world) > 1.96 for world in worlds])

    assert ours <= 0.15  # nominal 0.05; 60 rounds allow for chance
    assert naive >= 0.4


def test_a_planted_bias_is_found_and_covered() -> None:
    worlds = [bias_world(np.random.default_rng([n, 2]), size=1500, length=0.4) for n in range(ROUNDS)]
    fits = [fitted(world) for world in worlds]

    found = np.mean([fit.p[0] <= 0.05 for fit in fits])
    covered = np.mean(
        [f.effect_pp[0].low <= w.effect_pp <= f.effect_pp[0].high for f, w in zip(fits, worlds, strict=True)]
    )

    assert found >= 0.75
    assert covered >= 0.85


def test_it_equals_two_stage_least_squares_on_the_stacked_pairs_of_people() -> None:
    world = bias_world(np.random.default_rng(3), size=200)
    first, second = world.people.T
    plain = np.column_stack([np.ones(200), world.feature, world.order])
    regressors = np.vstack([np.column_stack([one, plain]) for one in (first, second)])
    instruments = np.vstack([np.column_stack([one, plain]) for one in (second, first)])
    verdict = np.concatenate([world.verdict, world.verdict])
    expected = np.linalg.solve(instruments.T @ regressors, instruments.T @ verdict)

    found = fitted(world)

    assert found.sharpness == pytest.approx(expected[0])
    assert [e.value for e in found.effect_pp] == pytest.approx(list(100 * expected[2:]))


def test_people_who_agree_no_more_than_by_chance_are_weak_instruments() -> None:
    world = bias_world(np.random.default_rng(4), size=600)
    world.people[:] = np.random.default_rng(5).integers(2, size=world.people.shape)

    assert not fitted(world).is_strong


def test_one_person_an_item_is_not_enough() -> None:
    world = bias_world(np.random.default_rng(6), size=600, raters=1)

    with pytest.raises(NotEnoughData, match="two people"):
        fitted(world)


def test_the_order_of_rows_and_the_names_of_sides_change_nothing() -> None:
    world = bias_world(np.random.default_rng(7), size=300, length=0.3)
    turned = BiasWorld(-world.feature, 1 - world.people, 1 - world.verdict, -world.order, world.prompt, 0.0)
    shuffle = np.random.default_rng(8).permutation(300)
    moved = BiasWorld(
        *(getattr(world, name)[shuffle] for name in ("feature", "people", "verdict", "order", "prompt")), 0.0
    )

    for other in (turned, moved):
        assert fitted(other).effect_pp[0].value == pytest.approx(fitted(world).effect_pp[0].value)
        assert fitted(other).p[0] == pytest.approx(fitted(world).p[0])
