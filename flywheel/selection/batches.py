"""From a pool to a batch: cold start by coverage, then by uncertainty, always with a random share and known chances."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from flywheel.records import BadInput
from flywheel.selection import acquisition, propensity
from flywheel.selection.acquisition import Scores
from flywheel.selection.propensity import Draw, SelectedBy
from flywheel.selection.reward_head import RewardHead

COLD = 100  # labels below which a head's uncertainty is not to be trusted
EARLY = 200  # labels below which more is explored
COLD_EXPLORATION, EARLY_EXPLORATION, EXPLORATION = 0.5, 0.30, 0.15
SHORTLIST = 4  # times the batch: the most uncertain pairs, among which the order looks for variety
TEMPER = 0.15  # of the batch size: how softly the chance to be drawn falls around the last place of the batch


@dataclass(frozen=True, slots=True)
class Pool:
    """N pairs that could be asked: features (N, d), points (N, e) to cover at cold start, strata (N,), and judges' views.

    `judge_probability` is calibrated P(a), NaN where no judge was asked; `inconsistent` marks order-swayed verdicts.
    """

    z: np.ndarray
    points: np.ndarray
    strata: np.ndarray
    judge_probability: np.ndarray | None = None
    inconsistent: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class BatchDraw:
    """What was drawn, by which rule and random share, and the scores of the whole pool (None at cold start)."""

    draws: tuple[Draw, ...]
    rule: str
    exploration: float
    scores: Scores | None


def exploration_share(labels: int) -> float:
    """The random share of a batch, by how many labels there are."""
    if labels < COLD:
        return COLD_EXPLORATION
    return EARLY_EXPLORATION if labels < EARLY else EXPLORATION


def draw_batch(
    pool: Pool, n: int, *, head: RewardHead | None, rng: np.random.Generator, exploration: float | None = None
) -> BatchDraw:
    """Draw n pairs to be asked now; the head must have learned from at least COLD labels to be listened to.

    The preferred pairs are fixed first (for a cold start with randomness of their own), then the batch is drawn from
    probabilities that depend on them alone: so each propensity is exact.
    """
    if n < 1:
        raise BadInput(f"A batch needs at least one item, not {n}.")
    labels = head.n if head is not None else 0
    share = exploration_share(labels) if exploration is None else exploration
    if not 0 < share <= 1:
        raise BadInput(f"The exploration share must be above 0 and at most 1, not {share}.")
    size = len(pool.strata)
    if head is None or labels < COLD:
        preferred = acquisition.spread_order(pool.points, min(2 * n, size), rng) if size else np.array([], dtype=int)
        scores, rule = None, "cold-start"
    else:
        scores, rule = acquisition.score(head, pool.z, pool.judge_probability, pool.inconsistent), "hyb4"
        preferred = _varied(head, pool.z, scores, n)
    ranks = np.full(size, size)
    ranks[preferred] = np.arange(len(preferred))
    gains = np.where(ranks < size, expit((n - 0.5 - ranks) / max(1.0, TEMPER * n)), 0.0)
    label: SelectedBy = "cold-start" if scores is None else "active"
    draws = propensity.draw(ranks, gains, n, exploration=share, strata=pool.strata, rng=rng, label=label)
    return BatchDraw(draws, rule, share, scores)


def _varied(head: RewardHead, z: np.ndarray, scores: Scores, n: int) -> np.ndarray:
    """The shortlist of the most uncertain pairs, in an order in which each tells something new."""
    shortlist = np.argsort(-scores.value, kind="stable")[: SHORTLIST * n]
    order = acquisition.informative_order(z[shortlist], scores.probability[shortlist], head.covariance_factor(), 2 * n)
    return shortlist[order]
