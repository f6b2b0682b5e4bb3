"""What may sway a rater beside an answer's quality: length, format, refusals, steps; each a − b, from the texts alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flywheel.records import JSON, Pair

# Counted marks of markdown, one pattern each.
MARKS = {
    "headers": re.compile(r"^#{1,6} ", re.MULTILINE),
    "lists": re.compile(r"^[ \t]*(?:[-*+]|\d+[.)]) ", re.MULTILINE),
    "bold": re.compile(r"\*\*[^*\n]+\*\*"),
    "code": re.compile(r"```|`[^`\n]+`"),
}
REFUSALS = re.compile(
    r"\b(?:I (?:cannot|can't|can not|am unable to|am not able to|won't)|I'm (?:sorry|unable|not able)|as an AI\b)",
    re.IGNORECASE,
)
CONSTANT, COLLINEAR = 1e-12, 1e-3
LONGEST = 2_000_000  # characters of a text that are looked at


def said(side: JSON) -> str:
    """What an agent says in a text or in the assistant's messages of a conversation."""
    if isinstance(side, str):
        return side[:LONGEST]
    if not isinstance(side, list):
        return ""
    told = (message for message in side if isinstance(message, dict) and message.get("role") == "assistant")
    parts = (message.get("content") for message in told)
    return "\n".join(part for part in parts if isinstance(part, str))[:LONGEST]


def turns(side: JSON) -> int:
    """How often the agent acts or speaks."""
    if not isinstance(side, list):
        return 1
    return sum(1 for message in side if isinstance(message, dict) and message.get("role") == "assistant")


def verbosity(a: str, b: str) -> float:
    """Log ratio of words: 0.69 is twice as long."""
    return float(np.log((len(a.split()) + 1) / (len(b.split()) + 1)))


def balance(a: float, b: float) -> float:
    """(a − b) / (a + b) of two counts, 0 where there is nothing."""
    return (a - b) / (a + b) if a + b else 0.0


def of_pair(pair: Pair) -> dict[str, float]:
    """Every feature of a pair; those that it brings along stand."""
    a, b = said(pair.a), said(pair.b)
    found = {"verbosity": verbosity(a, b), "steps": float(np.log((turns(pair.a) + 1) / (turns(pair.b) + 1)))}
    found |= {name: balance(len(mark.findall(a)), len(mark.findall(b))) for name, mark in MARKS.items()}
    found["refusal"] = float(bool(REFUSALS.search(a))) - float(bool(REFUSALS.search(b)))
    return found | {name: float(value) for name, value in pair.features.items()}


def family(name: str | None) -> str:
    """The family of a model or judge: what its name begins with, such as gpt of gpt-4o@2024."""
    return re.split(r"[-_@:/.\s\d]", (name or "").lower(), maxsplit=1)[0]


def own_family(judge: str, pair: Pair) -> float:
    """+1 where side a alone is of the judge's family, −1 where side b alone is."""
    return float(family(pair.generator_a) == family(judge)) - float(family(pair.generator_b) == family(judge))


def table(pairs: Sequence[Pair]) -> tuple[list[str], np.ndarray]:
    """Names of the features and their (pairs, features) values; a feature that some pair lacks is 0 there."""
    rows = [of_pair(pair) for pair in pairs]
    names = sorted({name for row in rows for name in row})
    return names, np.array([[row.get(name, 0.0) for name in names] for row in rows]).reshape(len(rows), len(names))


@dataclass(frozen=True, slots=True)
class Design:
    """k features of n pairs in standard deviations (n, k), what one deviation is worth (k,), and why some were dropped."""

    names: list[str]
    values: np.ndarray
    spread: np.ndarray
    dropped: dict[str, str]


def standardised(names: Sequence[str], values: np.ndarray) -> Design:
    """(n, k) values as a design; what is constant, not finite, or told by the features before it is dropped by name."""
    why: dict[str, str] = {}
    kept: list[int] = []
    basis = np.ones((len(values), 1)) / np.sqrt(max(1, len(values)))
    for place, name in enumerate(names):
        column = values[:, place]
        if not np.isfinite(column).all():
            why[name] = "It has values that are no numbers."
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            spread = column.std()
        if not np.isfinite(spread):
            why[name] = "It has values too large to compare."
            continue
        if spread < CONSTANT:
            why[name] = "It is the same for all pairs."
            continue
        rest = (column - column.mean()) / spread
        rest = rest - basis @ (basis.T @ rest)
        if np.sqrt(np.mean(rest**2)) < COLLINEAR:
            why[name] = "It says no more than the features before it."
            continue
        basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
        kept.append(place)
    chosen = values[:, kept]
    spreads = chosen.std(axis=0)
    return Design([names[place] for place in kept], (chosen - chosen.mean(axis=0)) / spreads, spreads, why)
