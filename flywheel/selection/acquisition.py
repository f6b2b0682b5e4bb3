"""What is worth asking: uncertainty of head and judge, and an order in which each pick tells something new."""

from dataclasses import dataclass

import numpy as np

from flywheel.selection.reward_head import RewardHead, binary_entropy


@dataclass(frozen=True, slots=True)
class Scores:
    """Of N pairs, (N,) each, all in [0, 1]: the value of asking and what it is made of; NaN where no judge was asked."""

    value: np.ndarray
    probability: np.ndarray
    entropy: np.ndarray
    bald: np.ndarray
    judge_probability: np.ndarray
    judge_uncertainty: np.ndarray
    disagreement: np.ndarray


def score(
    head: RewardHead, z: np.ndarray, judge_probability: np.ndarray | None = None, inconsistent: np.ndarray | None = None
) -> Scores:
    """Value = mean of the head's predictive entropy and the judge's uncertainty; without a judge the entropy alone.

    `judge_probability` is the judge's calibrated P(a), NaN where not asked; `inconsistent` marks pairs on which its
    two orders disagree. The judge's uncertainty is the mean of its entropy (bits) and its inconsistency.
    """
    probability = head.probability(z)
    entropy = binary_entropy(probability)
    judged = np.full(len(z), np.nan) if judge_probability is None else np.asarray(judge_probability, dtype=float)
    flips = np.zeros(len(z)) if inconsistent is None else np.asarray(inconsistent, dtype=float)
    unsure = (binary_entropy(judged) + flips) / 2
    value = np.where(np.isnan(unsure), entropy, (entropy + unsure) / 2)
    return Scores(value, probability, entropy, head.bald(z), judged, unsure, np.abs(probability - judged))


def informative_order(z: np.ndarray, probability: np.ndarray, factor: np.ndarray, picks: int) -> np.ndarray:
    """Indices of the first `picks` rows of z, each the one that shrinks the head's posterior most after those before.

    Greedy log-determinant: add argmax p(1−p)·z'Sz, then S −= Szz'S·f/(1+f·z'Sz) (Sherman & Morrison 1950), kept as a
    factor (S = factor·factorᵀ), O(n·d) a pick. A near-duplicate of a pick tells little and comes late.
    """
    rooted, curvature = z @ factor, probability * (1 - probability)
    free, order = np.ones(len(z), dtype=bool), np.empty(min(picks, len(z)), dtype=int)
    for place in range(len(order)):
        spread = (rooted**2).sum(axis=1)
        best = int(np.argmax(np.where(free, curvature * spread, -1.0)))
        order[place], free[best] = best, False
        u, size = rooted[best].copy(), float(spread[best])
        if size > 0:
            shrink = curvature[best] * size / (1 + curvature[best] * size)
            rooted -= np.outer(rooted @ u, u) * ((1 - np.sqrt(1 - shrink)) / size)
    return order


def spread_order(points: np.ndarray, picks: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of `picks` rows of (n, e) points far from one another: k-means++ seeding (Arthur & Vassilvitskii 2007)."""
    near = np.full(len(points), np.inf)
    order = [int(rng.integers(len(points)))]
    while len(order) < min(picks, len(points)):
        gap = points - points[order[-1]]
        near = np.minimum(near, np.einsum("ij,ij->i", gap, gap))
        near[order] = 0.0
        total = float(near.sum())
        if total <= 0:  # only copies of picked points are left
            rest = np.setdiff1d(np.arange(len(points)), order)
            order.extend(rng.permutation(rest)[: picks - len(order)].tolist())
        else:
            order.append(int(rng.choice(len(points), p=near / total)))
    return np.array(order, dtype=int)
