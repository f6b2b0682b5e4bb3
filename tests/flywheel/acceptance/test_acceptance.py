"""Quick versions of the acceptance tests; the full ones are kept in docs/evidence/statistics.md."""

import numpy as np
import pytest

from tests.flywheel.acceptance import peers, published, registry

CHECKS = registry.checks()


@pytest.mark.parametrize("name", CHECKS)
def test_acceptance(name: str) -> None:
    replications = registry.replications(name, quick=True)

    found = CHECKS[name](replications, np.random.default_rng([7, *name.encode()]))

    assert found["pass"], found


@pytest.mark.parametrize("name", published.CHECKS)
def test_figures_on_real_data_equal_the_published_ones(name: str) -> None:
    found = published.CHECKS[name](1, np.random.default_rng(7))

    assert found["pass"], found


@pytest.mark.parametrize("name", peers.CHECKS)
def test_other_libraries_say_the_same_of_the_same_votes(name: str) -> None:
    found = peers.CHECKS[name](3, np.random.default_rng([7, *name.encode()]))

    assert found["pass"], found
