"""Agents of the support desk: parametric policies whose moves have a known quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from flywheel.records import JSON
from flywheel.simulation.desk_answers import PADDING, Wording

# What empty words take from the quality of a message.
PADDING_COST = 0.15


@dataclass(frozen=True, slots=True)
class Move:
    """One thing an agent could do now. `quality` (-1 worst, 1 best) is planted truth and never leaves the simulation.

    `then`: go on to the next stage, stay in this one, jump to the last stage, or end the conversation;
    `reply` holds what the customer may answer to a message without a tool call.
    """

    quality: float
    wording: Wording
    then: Literal["next", "stay", "last", "end"] = "next"
    tool: str | None = None
    arguments: Mapping[str, JSON] = field(default_factory=dict)
    reply: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskPolicy:
    """An agent: `care` is the slope with which it prefers better moves, `padding` its chance of adding empty words."""

    name: str
    care: float
    padding: float

    def choose(self, moves: Sequence[Move], rng: np.random.Generator) -> Move:
        """Draw a move with probability proportional to exp(care x quality)."""
        weights = np.exp(self.care * (np.array([move.quality for move in moves]) - 1.0))
        return moves[int(rng.choice(len(moves), p=weights / weights.sum()))]

    def write(self, move: Move, facts: Mapping[str, JSON], rng: np.random.Generator) -> tuple[str, float]:
        """The message's text and its true quality."""
        text = phrase(move.wording, facts, rng)
        if rng.random() >= self.padding:
            return text, move.quality
        return f"{pick(PADDING, rng)} {text}".strip(), move.quality - PADDING_COST


def pick(variants: Sequence[str], rng: np.random.Generator) -> str:
    """One of the variants, each as likely."""
    return variants[int(rng.integers(len(variants)))]


def phrase(wording: Wording, facts: Mapping[str, JSON], rng: np.random.Generator) -> str:
    """One variant of each part, joined and filled with the task's facts."""
    parts = [pick(variants, rng).format_map(facts) for variants in wording]
    return " ".join(_capital(part, before) for before, part in zip(["", *parts], parts, strict=False) if part)


def _capital(part: str, before: str) -> str:
    """A part starts with a capital unless a colon or comma goes before it."""
    return part if before.endswith((":", ",")) else part[0].upper() + part[1:]


POLICIES: dict[str, DeskPolicy] = {
    policy.name: policy
    for policy in (
        DeskPolicy("desk-v0@1", care=0.3, padding=0.6),
        DeskPolicy("desk-v1@1", care=1.5, padding=0.25),
        DeskPolicy("expert@1", care=40.0, padding=0.0),
    )
}
