"""Agreement coefficients by their properties; published figures and coverage are acceptance tests (A-1 to A-4)."""

import time

import numpy as np
import pytest

from flywheel.records import BadInput, Estimate, NotEnoughData
from flywheel.stats import agreement
from flywheel.stats.votes import rating_counts


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


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


def mean_kappa(codes: np.ndarray, groups: np.ndarray | None = None, missing: np.ndarray | None = None) -> Estimate:
    """The mean pairwise kappa of (items, raters) codes, some of them missing."""
    item, rater = (side.ravel() for side in np.indices(codes.shape))
    kept = np.ones(codes.size, dtype=bool) if missing is None else ~missing.ravel()
    found = agreement.mean_pairwise_kappa(item[kept], rater[kept], codes.ravel()[kept], groups=groups, rng=rng())
    assert found is not None
    return found


def people(seed: int, items: int, raters: int = 4) -> np.ndarray:
    """(items, raters) codes of people who copy the truth seven times in ten."""
    generator = rng(seed)
    truth = generator.integers(0, 3, (items, 1))
    return np.where(generator.random((items, raters)) < 0.7, truth, generator.integers(0, 3, (items, raters)))


def test_the_mean_kappa_is_the_mean_of_the_pairs_kappas():
    codes = people(5, 300)

    kappas = [
        agreement.cohen_kappa(codes[:, i], codes[:, j], 3, rng=rng(), draws=2).value for i in range(4) for j in range(i)
    ]

    assert mean_kappa(codes).value == pytest.approx(np.mean(kappas))


@pytest.mark.parametrize("items", [40, 200])
def test_the_mean_kappas_interval_holds_the_planted_value(items):
    found = [mean_kappa(people(seed, items), missing=rng(seed).random((items, 4)) < 0.3) for seed in range(200)]

    assert 0.90 <= np.mean([one.low <= 0.49 <= one.high for one in found]) <= 0.99


def test_the_mean_kappas_interval_is_as_wide_as_the_bootstraps_and_wider_by_clusters():
    codes, generator = people(6, 400), rng(6)
    drawn = [mean_kappa(codes[generator.integers(0, 400, 400)]).value for _ in range(200)]

    alone = mean_kappa(codes)
    clustered = mean_kappa(codes.repeat(5, axis=0), groups=np.arange(400).repeat(5))

    assert (alone.high - alone.low) / 3.92 == pytest.approx(np.std(drawn), rel=0.15)
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, rel=0.02)


def test_a_part_of_the_items_stands_for_all_where_there_are_too_many_pairs_of_votes(monkeypatch):
    codes = people(8, 2000)
    whole = mean_kappa(codes)
    monkeypatch.setattr(agreement, "MOST_PAIRS", 6 * 500)

    part = mean_kappa(codes)

    assert part.n == 500
    assert part.low < whole.value < part.high


def test_people_who_share_few_items_or_never_differ_are_told():
    perfect = np.tile([[0, 0], [1, 1]], (20, 1))
    item, rater = np.arange(9).repeat(2), np.tile([0, 1], 9)

    assert mean_kappa(perfect).value == 1 and 0.5 < mean_kappa(perfect).low < 1
    assert (
        agreement.mean_pairwise_kappa(*(side.ravel() for side in np.indices((20, 2))), np.zeros(40, int), rng=rng())
        is None
    )
    with pytest.raises(NotEnoughData, match="at least 10"):
        agreement.mean_pairwise_kappa(item, rater, rater, rng=rng())
