"""How hard each item is and how skilled each rater, together with the labels: GLAD (Whitehill et al. 2009)."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from flywheel.records import NotEnoughData
from flywheel.stats.aggregation import FLOOR, clamped, majority_shares
from flywheel.stats.votes import MISSING, VoteTable

ROUNDS = 60
STEPS = 8  # of the search in each round
STOP = 1e-4  # largest change of a posterior
TYPICAL_SKILL = 1.0  # mean of the normal prior of skills; log ease is standard normal


@dataclass(frozen=True, slots=True)
class Graded:
    """Posterior of the true label (items, V), skill (raters,) and ease (items,): P(right) = σ(skill · ease).

    A skill below 0 answers against the truth; the smaller the ease, the harder the item.
    """

    posterior: np.ndarray
    skill: np.ndarray
    ease: np.ndarray
    rounds: int


def glad(table: VoteTable, known: np.ndarray | None = None) -> Graded:
    """GLAD by EM, started from the vote shares; errors fall evenly on the other labels. `known` is as in Dawid–Skene."""
    if not len(table.item):
        raise NotEnoughData("votes to aggregate", 0, 1)
    gold = np.full(len(table.items), MISSING) if known is None else known
    posterior = clamped(majority_shares(table), gold)
    theta = np.concatenate([np.full(len(table.raters), TYPICAL_SKILL), np.zeros(len(table.items))])
    rounds, moving = 0, True
    while moving and rounds < ROUNDS:
        rounds += 1
        theta = _maximised(table, posterior[table.item, table.label], theta)
        before, posterior = posterior, clamped(_expected(table, theta), gold)
        moving = bool(np.abs(posterior - before).max() > STOP)
    return Graded(posterior, theta[: len(table.raters)], np.exp(theta[len(table.raters) :]), rounds)


def _maximised(table: VoteTable, right: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Skills and log eases, given the probability (n,) that each vote is right."""
    raters, items = len(table.raters), len(table.items)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        skill, log_ease = theta[:raters], theta[raters:]
        ease = np.exp(log_ease)[table.item]
        logit = skill[table.rater] * ease
        value = np.sum(table.weight * (right * logit - np.logaddexp(0, logit)))
        value -= (np.sum((skill - TYPICAL_SKILL) ** 2) + np.sum(log_ease**2)) / 2
        pull = table.weight * (right - special.expit(logit))
        on_skill = np.bincount(table.rater, pull * ease, raters) - (skill - TYPICAL_SKILL)
        on_ease = np.bincount(table.item, pull * logit, items) - log_ease
        return -float(value), -np.concatenate([on_skill, on_ease])

    found: np.ndarray = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return found


def _expected(table: VoteTable, theta: np.ndarray) -> np.ndarray:
    """Posterior of the labels (items, V), all labels equally likely beforehand."""
    raters, categories = len(table.raters), len(table.labels)
    right = special.expit(theta[:raters][table.rater] * np.exp(theta[raters:])[table.item])
    right = np.clip(right, FLOOR, 1 - FLOOR)
    gain = table.weight * (np.log(right) - np.log((1 - right) / max(1, categories - 1)))
    size = len(table.items) * categories
    score = np.bincount(table.item * categories + table.label, gain, size).reshape(-1, categories)
    found: np.ndarray = special.softmax(score, axis=1)
    return found
