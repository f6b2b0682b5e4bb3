"""The split-human estimate by its properties; false alarms, power and coverage are acceptance tests (B-1, B-2)."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.simulation.bias_worlds import BiasWorld, bias_world
from tests.flywheel.acceptance.bias import split_human_fit as fitted


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
