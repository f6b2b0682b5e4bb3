"""Who answers without looking, and how: MACE (Hovy et al. 2013), each vote is knowledge or a habit."""

from dataclasses import dataclass

import numpy as np

from flywheel.stats.aggregation import COMPETENT, Consensus, em
from flywheel.stats.votes import VoteTable


@dataclass(frozen=True, slots=True)
class Spamming:
    """The consensus, the share of votes that each rater gives knowingly (raters,), and the labels that each gives
    otherwise (raters, V).
    """

    consensus: Consensus
    knowing: np.ndarray
    habit: np.ndarray


def mace(table: VoteTable, known: np.ndarray | None = None) -> Spamming:
    """P(rater says l | truth k) = θ·[l = k] + (1 − θ)·ξ_l, by EM from the vote shares; `known` is as in Dawid–Skene.

    Smoothed by one vote of each kind. The paper's random restarts are not needed from this start.
    """
    raters, categories = len(table.raters), len(table.labels)
    knowing, habit = np.full(raters, 0.5), np.full((raters, categories), 1 / categories)

    def confusion(counts: np.ndarray) -> np.ndarray:
        nonlocal knowing, habit
        share = knowing[:, None] / (knowing[:, None] + (1 - knowing)[:, None] * habit)
        knew = np.diagonal(counts, axis1=1, axis2=2) * share
        guesses = counts.sum(axis=1) - knew + 1
        knowing = (knew.sum(axis=1) + 1) / (counts.sum(axis=(1, 2)) + 2)
        habit = guesses / guesses.sum(axis=1, keepdims=True)
        return knowing[:, None, None] * np.eye(categories) + (1 - knowing)[:, None, None] * habit[:, None, :]

    consensus = em(table, known, confusion, COMPETENT)
    return Spamming(consensus, knowing, habit)
