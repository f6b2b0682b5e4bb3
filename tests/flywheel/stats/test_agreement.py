"""Agreement coefficients against published figures, real data and planted truth."""

import json
import time

import numpy as np
import pytest

from flywheel.records import BadInput, NotEnoughData
from flywheel.stats import agreement
from flywheel.stats.votes import MISSING, rating_counts
from tests.real_data import real_data

NOBODY = MISSING
# Krippendorff (2011): four observers, twelve units, values 1 to 5.
KRIPPENDORFF = (
    np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ]
    ).T
    - 1
)
# Fleiss (1971): fourteen raters, ten subjects, five categories.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
GWET = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.7434), ("ordinal", 0.8154), ("interval", 0.8491), ("ratio", 0.7974)]
)
def test_alpha_equals_krippendorffs_example(metric, published):
    counts = rating_counts(KRIPPENDORFF, 5)

    found = agreement.krippendorff_alpha(counts, metric=metric, values=np.arange(1, 6), rng=rng())

    assert found is not None
    assert found.value == pytest.approx(published, abs=5e-4)
    assert found.low < found.value < found.high
    assert found.n == 11  # one unit has a single rating


def test_kappas_and_ac1_equal_the_published_tables():
    first, second = (side.repeat(GWET.ravel()) for side in np.indices((3, 3)).reshape(2, -1))
    counts = rating_counts(np.stack([first, second], axis=1), 3)

    assert agreement.fleiss_kappa(FLEISS, rng=rng()).value == pytest.approx(0.2099, abs=5e-4)
    assert agreement.cohen_kappa(first, second, 3, rng=rng()).value == pytest.approx(0.7964, abs=5e-4)
    assert agreement.gwet_ac1(counts, rng=rng()).value == pytest.approx(0.8493, abs=5e-4)
    assert agreement.raw_agreement(counts).value == pytest.approx(0.89)


def test_alpha_and_kappas_of_three_people_on_999_real_pairs():
    rows = json.loads((real_data("pandalm") / "testset-v1.json").read_text())
    codes = np.array([[row[f"annotator{k}"] for k in (1, 2, 3)] for row in rows])

    alpha = agreement.krippendorff_alpha(rating_counts(codes, 3), rng=rng())
    kappas = [agreement.cohen_kappa(codes[:, i], codes[:, j], 3, rng=rng()).value for i, j in ((0, 1), (0, 2), (1, 2))]
    mean = agreement.mean_pairwise_kappa(codes, 3, rng=rng())

    assert alpha.value == pytest.approx(0.864, abs=5e-4)
    assert kappas == pytest.approx([0.852, 0.879, 0.862], abs=5e-4)
    assert mean.value == pytest.approx(np.mean(kappas))
    assert agreement.fleiss_kappa(rating_counts(codes, 3), rng=rng()).value == pytest.approx(0.864, abs=5e-4)


@pytest.mark.parametrize("items", [50, 300])
def test_alphas_interval_covers_the_planted_value(items):
    """Three raters copy the truth with probability 0.7, so alpha is 0.49; 30 % of the ratings are missing."""
    generator, truth, covered, runs = rng(1), 0.7**2, 0, 150
    for _ in range(runs):
        gold = generator.integers(0, 3, (items, 1))
        codes = np.where(generator.random((items, 3)) < 0.7, gold, generator.integers(0, 3, (items, 3)))
        codes[generator.random(codes.shape) < 0.3] = NOBODY
        found = agreement.krippendorff_alpha(rating_counts(codes, 3), rng=generator, draws=300)
        covered += found.low <= truth <= found.high

    assert 0.89 <= covered / runs <= 0.99


def test_weighted_kappa_forgives_near_misses():
    first = np.tile(np.arange(5), 20)
    second = np.minimum(first + (np.arange(100) % 3 == 0), 4)

    plain, linear, quadratic = (
        agreement.cohen_kappa(first, second, 5, weights=weights, rng=rng()).value
        for weights in (None, "linear", "quadratic")
    )

    assert plain < linear < quadratic < 1


def test_coefficients_are_undefined_when_one_label_was_used():
    counts = np.array([[3, 0]] * 20)
    codes = np.zeros(20, dtype=int)

    assert agreement.krippendorff_alpha(counts, rng=rng()) is None
    assert agreement.fleiss_kappa(counts, rng=rng()) is None
    assert agreement.gwet_ac1(counts, rng=rng()) is None
    assert agreement.cohen_kappa(codes, codes, 2, rng=rng()) is None
    assert agreement.raw_agreement(counts).value == 1


def test_perfect_agreement_on_few_items_is_not_certain():
    few, many = (np.tile([[2, 0], [0, 2]], (n, 1)) for n in (5, 500))

    short, long = (agreement.krippendorff_alpha(counts, rng=rng()) for counts in (few, many))

    assert short.value == long.value == 1
    assert short.low < 0.5 < 0.99 < long.low


def test_clustered_items_widen_the_interval():
    generator = rng(2)
    codes = generator.integers(0, 2, (60, 2)).repeat(5, axis=0)
    counts, prompts = rating_counts(codes, 2), np.arange(60).repeat(5)

    alone = agreement.krippendorff_alpha(counts, rng=rng())
    clustered = agreement.krippendorff_alpha(counts, groups=prompts, rng=rng())

    assert clustered.value == alone.value
    assert clustered.high - clustered.low > 1.7 * (alone.high - alone.low)


def test_the_order_of_items_and_raters_does_not_matter():
    generator = rng(3)
    codes = generator.integers(-1, 3, (80, 4))
    shuffled = generator.permutation(generator.permutation(codes), axis=1)

    first, second = (agreement.krippendorff_alpha(rating_counts(rows, 3), rng=rng()) for rows in (codes, shuffled))

    assert first.value == pytest.approx(second.value)


def test_too_few_items_and_unequal_ratings_are_refused():
    with pytest.raises(NotEnoughData):
        agreement.krippendorff_alpha(np.array([[1, 0]] * 50), rng=rng())
    with pytest.raises(BadInput, match="same number"):
        agreement.fleiss_kappa(np.array([[2, 0], [2, 1]] * 10), rng=rng())


def test_a_thousand_bootstraps_on_ten_thousand_items_take_under_two_seconds():
    codes = rng(4).integers(-1, 5, (10_000, 5))
    started = time.process_time()

    agreement.krippendorff_alpha(rating_counts(codes, 5), metric="ordinal", rng=rng())

    assert time.process_time() - started < 2
