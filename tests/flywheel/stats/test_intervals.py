"""Intervals and adjusted p-values against published and exact figures."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.stats import intervals, multiplicity


def test_intervals_of_a_share_equal_the_published_figures():
    """Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20."""
    assert intervals.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert intervals.clopper_pearson(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert intervals.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert intervals.clopper_pearson(0, 20) == pytest.approx((0.0, 0.1684), abs=5e-5)
    with pytest.raises(NotEnoughData):
        intervals.wilson(0, 0)


def test_adjusted_p_values_equal_the_hand_computed_ones():
    p = np.array([0.01, 0.04, 0.03, 0.005])

    assert multiplicity.bh(p) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert multiplicity.by(p) == pytest.approx(np.minimum(1, np.array([0.02, 0.04, 0.04, 0.02]) * 25 / 12))


def test_the_bootstrap_of_clusters_matches_the_clustered_standard_error():
    generator = np.random.default_rng(0)
    groups = np.arange(200).repeat(4)
    values = generator.normal(size=200).repeat(4) + generator.normal(size=800)

    drawn = intervals.cluster_bootstrap(groups, lambda w: (w @ values) / w.sum(axis=1), 2000, generator)
    _, error, clusters = intervals.clustered_mean(values, groups)

    assert clusters == 200
    assert drawn.std() == pytest.approx(error, rel=0.1)


def test_the_smallest_findable_effect_is_2_8_standard_errors():
    assert intervals.mde(1.0) == pytest.approx(2.8016, abs=1e-3)
