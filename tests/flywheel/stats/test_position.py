"""Position effects by their properties; false alarms, power and published counts are acceptance tests (B-3)."""

import numpy as np
import pytest

from flywheel.stats import position
from tests.flywheel.acceptance.bias import judged_twice


def test_one_random_order_gives_the_same_shift_as_both_orders():
    generator = np.random.default_rng(6)
    first, second = judged_twice(generator, 4000, 0.4)
    shown = generator.random(4000) < 0.3  # orders need not be balanced, only random

    both = position.both_orders(first, second, np.arange(4000))
    one = position.one_order(np.where(shown, first, second), shown, np.arange(4000))

    assert one.shift_pp.low < both.shift_pp.value < one.shift_pp.high
    assert one.verdict == both.verdict == "biased"


def test_the_smallest_findable_shift_follows_the_formula():
    """Discordance 0.3 and 235 pairs find 5 pp with power 0.8."""
    labels = np.array(["a"] * 235)
    swapped = np.array(["b"] * 70 + ["a"] * 165)
    swapped[:35], labels[:35] = "a", "b"

    assert position.both_orders(labels, swapped, np.arange(235)).mde_pp == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize(
    ("n", "changed", "verdict"), [(4, 0, "underpowered"), (400, 0, "no_material_bias"), (60, 20, "underpowered")]
)
def test_silence_is_called_clean_only_if_a_shift_could_have_been_found(n, changed, verdict):
    first, second = np.full(n, "a"), np.full(n, "a")
    second[:changed] = "b"
    first[: changed // 2], second[: changed // 2] = "b", "a"

    assert position.both_orders(first, second, np.arange(n)).verdict == verdict


def test_ties_count_half_and_clusters_count_once():
    first, second = np.array(["a", "tie"] * 50), np.array(["tie", "tie"] * 50)

    alone = position.both_orders(first, second, np.arange(100))
    clustered = position.both_orders(first, second, np.arange(100) // 20)

    assert alone.shift_pp.value == pytest.approx(12.5)
    assert clustered.p > 0.05 > alone.p
