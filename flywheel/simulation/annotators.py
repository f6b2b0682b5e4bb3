"""Simulated annotators whose accuracy, habits and pace are known."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from flywheel.records import JSON, Label

if TYPE_CHECKING:  # people.py lists annotators for processes that hold no numpy
    import numpy as np

Side = Literal["a", "b"]
# Utility below which both answers are called bad, and above which nobody feels like correcting.
BAD, GOOD = -0.5, 0.3
# Gap in utility at which a tie is e times rarer than between equals.
TIE_WIDTH = 0.4
# Spread of the logarithm of the time an answer takes, and the seconds of one given without reading.
TIME_SPREAD = 0.35
LAPSE_SECONDS = (1.2, 3.5)
LEAST_SECONDS = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotator:
    """A person as the simulation knows them.

    `accuracy`: chance to name the better of two answers one unit of utility apart, when attentive and free of habits;
    `position`: log-odds given to the side shown first; `length`: log-odds per unit of log(words of a / words of b);
    `ties`: chance to call equals a tie; `lapse`: share of answers given without reading; `pace`: words read a second;
    `corrects`: chance to rewrite an answer that is not good.
    """

    name: str
    accuracy: float = 0.85
    position: float = 0.0
    length: float = 0.0
    ties: float = 0.15
    lapse: float = 0.02
    pace: float = 4.0
    corrects: float = 0.3

    @property
    def sharpness(self) -> float:
        """Log-odds per unit of utility."""
        return math.log(self.accuracy / (1 - self.accuracy))

    def probability(self, gap: float, log_ratio: float, first: Side) -> float:
        """P(says a | attentive, no tie) for utility(a) - utility(b), log(words a / words b) and the side shown first."""
        shown = self.position if first == "a" else -self.position
        return sigmoid(self.sharpness * gap + self.length * log_ratio + shown)

    def expected_accuracy(self, gap: float) -> float:
        """Chance that an answer other than a tie names the better side: equal lengths, both orders alike, lapses counted."""
        attentive = (self.probability(abs(gap), 0, "a") + self.probability(abs(gap), 0, "b")) / 2
        decided = (1 - self.lapse) * (1 - self._tie(gap))
        return (decided * attentive + self.lapse / 2) / (decided + self.lapse)

    def answer(
        self, utilities: tuple[float, float], lengths: tuple[int, int], first: Side, rng: "np.random.Generator"
    ) -> tuple[Label, float]:
        """Label of the pair (a, b) and the seconds it took; `lengths` in words, `first` the side shown first."""
        if rng.random() < self.lapse:
            return ("a" if rng.random() < 0.5 else "b"), round(float(rng.uniform(*LAPSE_SECONDS)), 1)
        slowness = math.exp(TIME_SPREAD * float(rng.standard_normal()))
        seconds = round(max(LEAST_SECONDS, sum(lengths) / self.pace * slowness), 1)
        gap = utilities[0] - utilities[1]
        if rng.random() < self._tie(gap):
            return ("both_bad" if max(utilities) < BAD else "tie"), seconds
        log_ratio = math.log(max(lengths[0], 1) / max(lengths[1], 1))
        return ("a" if rng.random() < self.probability(gap, log_ratio, first) else "b"), seconds

    def correction(
        self, utility: float, expert: Mapping[str, JSON], rng: "np.random.Generator"
    ) -> dict[str, JSON] | None:
        """What this person puts in an answer's place: the expert's message in that state, or None to let it be."""
        return dict(expert) if utility < GOOD and rng.random() < self.corrects else None

    def ranking(self, utilities: Sequence[float], rng: "np.random.Generator") -> list[list[int]]:
        """The answers in groups, best first: the order of Plackett and Luce at this person's sharpness, equals tied."""
        felt = [self.sharpness * utility + float(rng.gumbel()) for utility in utilities]
        order = sorted(range(len(utilities)), key=lambda index: -felt[index])
        groups = [order[:1]]
        for before, index in pairwise(order):
            if rng.random() < self._tie(utilities[before] - utilities[index]):
                groups[-1].append(index)
            else:
                groups.append([index])
        return groups

    def marks(self, qualities: Sequence[float], rng: "np.random.Generator") -> list[int]:
        """1, 0 or -1 for each step, seen rightly as often as this person is right about answers a unit apart."""
        return [
            0 if BAD < quality < GOOD else (1 if quality > 0 else -1) * (1 if rng.random() < self.accuracy else -1)
            for quality in qualities
        ]

    def _tie(self, gap: float) -> float:
        return self.ties * math.exp(-abs(gap) / TIE_WIDTH)


def sigmoid(log_odds: float) -> float:
    """The probability with these log-odds."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0
