"""The model of hidden quality: its gradient is its derivative, no bias is found where there is none, a planted one is."""

import numpy as np
import pytest
from scipy import optimize

from flywheel.records import NotEnoughData
from flywheel.simulation.bias_worlds import BiasWorld, bias_world
from flywheel.stats import latent
from flywheel.stats.latent import Latent, Said

ROUNDS = 24


def told(world: BiasWorld) -> tuple[Said, Said]:
    size, raters = world.people.shape
    item = np.arange(size)
    humans = Said(np.repeat(item, raters), world.people.ravel(), np.zeros(size * raters))
    return humans, Said(item, world.verdict, world.order)


def fitted(world: BiasWorld) -> Latent:
    humans, judge = told(world)
    return latent.fit(humans, judge, world.feature[:, None], world.prompt)


def test_the_gradient_is_the_derivative_of_the_likelihood() -> None:
    world = bias_world(np.random.default_rng(1), size=120, length=0.3)
    model = latent.Model(*told(world), world.feature[:, None])
    theta = np.array([0.1, 0.4, 0.2, 0.1, -0.1, 1.3, 0.3, 0.2])

    def likelihood(at: np.ndarray) -> float:
        return float(model.per_item(at)[0].sum())

    assert model.per_item(theta)[1].sum(axis=0) == pytest.approx(
        optimize.approx_fprime(theta, likelihood), rel=1e-4, abs=1e-3
    )


def test_no_bias_is_found_where_there_is_none() -> None:
    fits = [fitted(bias_world(np.random.default_rng([n, 3]), size=600)) for n in range(ROUNDS)]

    assert np.mean([fit.p[0] <= 0.05 for fit in fits]) <= 0.2


def test_a_planted_bias_is_found_in_size_and_sign() -> None:
    worlds = [bias_world(np.random.default_rng([n, 4]), size=1000, length=0.4) for n in range(ROUNDS)]
    fits = [fitted(world) for world in worlds]

    assert np.mean([fit.p[0] <= 0.05 for fit in fits]) >= 0.65
    assert np.mean([fit.delta[0] for fit in fits]) == pytest.approx(0.4, abs=0.1)
    assert np.mean([fit.sharpness for fit in fits]) == pytest.approx(1.0, abs=0.2)
    assert np.mean([fit.effect_pp[0] for fit in fits]) == pytest.approx(np.mean([w.effect_pp for w in worlds]), abs=1.5)


def test_few_items_are_refused() -> None:
    with pytest.raises(NotEnoughData):
        fitted(bias_world(np.random.default_rng(1), size=50))
