"""Batches: variety, better learning than chance in a planted world, and a cold start that covers the pool."""

import numpy as np
import pytest
from scipy.special import expit

from flywheel.records import BadInput
from flywheel.selection import acquisition, batches, reward_head

DIMENSIONS = 16


def duplicate_world(generator: np.random.Generator, n: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Features of which 80 % are near-copies of ten questions, and the true weights."""
    z = generator.normal(size=(n, DIMENSIONS))
    copies = generator.normal(size=(10, DIMENSIONS))[generator.integers(0, 10, n)]
    z = np.where(generator.random((n, 1)) < 0.8, copies + 0.1 * generator.normal(size=z.shape), z)
    truth = generator.normal(size=DIMENSIONS)
    return z, 3 * truth / np.linalg.norm(truth)


def pool(z: np.ndarray) -> batches.Pool:
    return batches.Pool(z=z, points=z, strata=np.zeros(len(z), dtype=int))


def taught(generator: np.random.Generator, z: np.ndarray, truth: np.ndarray, n: int) -> reward_head.RewardHead:
    rows = generator.permutation(len(z))[:n]
    return reward_head.fit(z[rows], (generator.random(n) < expit(z[rows] @ truth)).astype(float), ridge=1.0)


def cosine(z: np.ndarray) -> float:
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    return float(np.abs(unit @ unit.T)[np.triu_indices(len(z), 1)].mean())


def learning(seed: int, active: bool, rounds: int = 14, size: int = 24) -> float:
    """Mean accuracy over the rounds of a head that asks what it wants to know, or at random."""
    generator = np.random.default_rng(seed)
    z, truth = duplicate_world(generator)
    wins = (generator.random(len(z)) < expit(z @ truth)).astype(float)
    fresh = generator.normal(size=(1000, DIMENSIONS))
    left, asked, head, right = np.arange(len(z)), [], None, []
    for _ in range(rounds):
        if active:
            found = batches.draw_batch(pool(z[left]), size, head=head, rng=generator, exploration=0.15)
            picks = np.array([draw.index for draw in found.draws])
        else:
            picks = generator.permutation(len(left))[:size]
        asked += left[picks].tolist()
        left = np.delete(left, picks)
        head = reward_head.fit(z[asked], wins[asked], ridge=1.0)
        right.append(((fresh @ head.weights > 0) == (fresh @ truth > 0)).mean())
    return float(np.mean(right))


def test_asking_what_it_wants_to_know_beats_asking_at_random_in_a_planted_world():
    gains = [learning(seed, True) - learning(seed, False) for seed in range(8)]

    assert np.mean(np.array(gains) > 0) >= 0.8
    assert np.mean(gains) > 2 * np.std(gains, ddof=1) / np.sqrt(len(gains))


def test_a_batch_is_more_varied_than_the_most_uncertain_pairs():
    generator = np.random.default_rng(1)
    z, truth = duplicate_world(generator)
    head = taught(generator, z, truth, 150)
    scores = acquisition.score(head, z)

    found = batches.draw_batch(pool(z), 30, head=head, rng=generator, exploration=0.01)
    chosen = z[[draw.index for draw in found.draws if draw.selected_by == "active"]]

    assert cosine(chosen) < cosine(z[np.argsort(-scores.entropy)[:30]])


def test_the_informative_order_is_the_greedy_one_of_the_definition():
    generator = np.random.default_rng(2)
    z, truth = duplicate_world(generator, 40)
    head = taught(generator, z, truth, 30)
    p = head.probability(z)

    found = acquisition.informative_order(z, p, head.covariance_factor(), 8)

    covariance, expected = np.linalg.inv(head.factor @ head.factor.T), []
    for _ in range(8):
        value = p * (1 - p) * np.einsum("ij,jk,ik->i", z, covariance, z)
        value[expected] = -1
        best = int(value.argmax())
        expected.append(best)
        f, s = p[best] * (1 - p[best]), covariance @ z[best]
        covariance -= np.outer(s, s) * f / (1 + f * z[best] @ s)
    assert found.tolist() == expected


def test_a_cold_start_covers_every_cluster_and_keeps_known_chances():
    generator = np.random.default_rng(3)
    centres = 20 * generator.normal(size=(12, DIMENSIONS))
    crowd = np.concatenate([np.full(900, 0), np.arange(1, 12).repeat(9)])
    points = centres[crowd] + generator.normal(size=(len(crowd), DIMENSIONS))

    found = batches.draw_batch(pool(points), 40, head=None, rng=generator)

    assert found.rule == "cold-start" and found.scores is None and found.exploration == 0.5
    assert {draw.selected_by for draw in found.draws} == {"cold-start", "exploration"}
    assert all(0 < draw.propensity <= 1 for draw in found.draws)
    assert len({crowd[draw.index] for draw in found.draws}) >= 9  # at random about four of the twelve


def test_spreading_over_copies_still_fills_the_batch():
    order = acquisition.spread_order(np.zeros((10, 3)), 6, np.random.default_rng(4))

    assert len(set(order.tolist())) == 6


def test_an_unsure_judge_raises_the_value_and_an_absent_one_does_not_lower_it():
    generator = np.random.default_rng(5)
    z, truth = duplicate_world(generator, 60)
    head, judged = taught(generator, z, truth, 50), np.full(60, np.nan)
    judged[0], judged[1], judged[2] = 0.5, 0.99, 0.99
    flips = np.zeros(60)
    flips[2] = 1

    scores = acquisition.score(head, np.repeat(z[:1], 60, axis=0), judged, flips)

    assert scores.value[0] == pytest.approx((scores.entropy[0] + 0.5) / 2)
    assert scores.value[2] > scores.value[1]
    assert scores.value[3:] == pytest.approx(scores.entropy[3:])
    assert np.isnan(scores.judge_uncertainty[3])


@pytest.mark.parametrize(("n", "exploration"), [(0, None), (5, 0.0), (5, 1.5)])
def test_a_batch_of_nothing_and_an_impossible_share_are_refused(n, exploration):
    with pytest.raises(BadInput):
        batches.draw_batch(pool(np.ones((9, 2))), n, head=None, rng=np.random.default_rng(6), exploration=exploration)
