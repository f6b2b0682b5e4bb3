"""The model of hidden quality by its properties; false alarms, power and coverage are acceptance tests (B-1, B-2)."""

import numpy as np
import pytest
from scipy import optimize

from flywheel.records import NotEnoughData
from flywheel.simulation.bias_worlds import bias_world
from flywheel.stats import latent
from tests.flywheel.acceptance.bias import latent_fit, told


def test_the_gradient_is_the_derivative_of_the_likelihood() -> None:
    world = bias_world(np.random.default_rng(1), size=120, length=0.3)
    model = latent.Model(*told(world), world.feature[:, None])
    theta = np.array([0.1, 0.4, 0.2, 0.1, -0.1, 1.3, 0.3, 0.2])

    def likelihood(at: np.ndarray) -> float:
        return float(model.per_item(at)[0].sum())

    assert model.per_item(theta)[1].sum(axis=0) == pytest.approx(
        optimize.approx_fprime(theta, likelihood), rel=1e-4, abs=1e-3
    )


def test_few_items_are_refused() -> None:
    with pytest.raises(NotEnoughData):
        latent_fit(bias_world(np.random.default_rng(1), size=50))
