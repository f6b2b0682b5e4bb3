"""A simulated LLM judge with known biases, asked in both orders."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.records import Verdict
from flywheel.simulation.annotators import Side, sigmoid

if TYPE_CHECKING:
    import numpy as np

# What a call costs: tokens of the rubric and a word, of the answer; milliseconds; US dollars a token.
RUBRIC_TOKENS, TOKENS_PER_WORD, ANSWER_TOKENS = 380, 1.35, 64
LATENCY_MS, LATENCY_SPREAD = 900.0, 0.3
DOLLARS_PER_TOKEN = 0.4e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedJudge:
    """A judge: P(a) = sigmoid(sharpness x gap + length x log(words a / words b) + position x (+1 if a is first, else -1)).

    `confidence` multiplies the log-odds that it reports: above 1 it is surer than it is right.
    """

    name: str
    sharpness: float = 2.0
    position: float = 0.0
    length: float = 0.0
    confidence: float = 1.0

    def probability(self, gap: float, log_ratio: float, first: Side) -> float:
        """P(says a), for utility(a) - utility(b), log(words a / words b) and the side shown first."""
        return sigmoid(self._log_odds(gap, log_ratio, first))

    def expected_shift(self, gaps: Sequence[float], log_ratios: Sequence[float]) -> float:
        """Position shift that swapped verdicts on these pairs show on average, as a share (0.05 = 5 points)."""
        pairs = zip(gaps, log_ratios, strict=True)
        shifts = [self.probability(gap, ratio, "a") - self.probability(gap, ratio, "b") for gap, ratio in pairs]
        return sum(shifts) / (2 * len(shifts))

    def verdicts(
        self, item: str, gap: float, lengths: tuple[int, int], rng: "np.random.Generator"
    ) -> tuple[Verdict, Verdict]:
        """Its verdicts with a first and with b first; `lengths` in words."""
        return self._verdict(item, gap, lengths, "a", rng), self._verdict(item, gap, lengths, "b", rng)

    def _log_odds(self, gap: float, log_ratio: float, first: Side) -> float:
        shown = self.position if first == "a" else -self.position
        return self.sharpness * gap + self.length * log_ratio + shown

    def _verdict(
        self, item: str, gap: float, lengths: tuple[int, int], first: Side, rng: "np.random.Generator"
    ) -> Verdict:
        log_odds = self._log_odds(gap, math.log(max(lengths[0], 1) / max(lengths[1], 1)), first)
        read = RUBRIC_TOKENS + round(TOKENS_PER_WORD * sum(lengths))
        return Verdict(
            item=item,
            judge=self.name,
            first=first,
            label="a" if rng.random() < sigmoid(log_odds) else "b",
            probability=round(sigmoid(self.confidence * log_odds), 6),
            input_tokens=read,
            output_tokens=ANSWER_TOKENS,
            latency_ms=round(LATENCY_MS * math.exp(LATENCY_SPREAD * float(rng.standard_normal())), 1),
            cost=round((read + 4 * ANSWER_TOKENS) * DOLLARS_PER_TOKEN, 8),
            reason=f"Answer {'1' if (log_odds > 0) == (first == 'a') else '2'} handles the request better.",
        )
