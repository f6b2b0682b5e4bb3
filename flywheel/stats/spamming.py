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
    said = np.bincount(table.rater, table.weight, raters)
    cell = table.rater * categories + table.label

    def confusion(_: VoteTable, posterior: np.ndarray) -> np.ndarray:
        nonlocal knowing, habit
        guessing = (1 - knowing[table.rater]) * habit[table.rater, table.label]
        knew = posterior[table.item, table.label] * knowing[table.rater] / (knowing[table.rater] + guessing)
        guesses = np.bincount(cell, table.weight * (1 - knew), raters * categories).reshape(raters, categories) + 1
        knowing = (np.bincount(table.rater, table.weight * knew, raters) + 1) / (said + 2)
        habit = guesses / guesses.sum(axis=1, keepdims=True)
        return knowing[:, None, None] * np.eye(categories) + (1 - knowing)[:, None, None] * habit[:, None, :]

    consensus = em(table, known, confusion, COMPETENT)
    return Spamming(consensus, knowing, habit)
