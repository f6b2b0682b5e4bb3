"""What may sway a rater beside an answer's quality: length, format, refusals, steps; each a − b, from the texts alone."""

import math
import re

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
    return math.log((len(a.split()) + 1) / (len(b.split()) + 1))


def balance(a: float, b: float) -> float:
    """(a − b) / (a + b) of two counts, 0 where there is nothing."""
    return (a - b) / (a + b) if a + b else 0.0


def of_pair(pair: Pair) -> dict[str, float]:
    """Every feature of a pair; those that it brings along stand."""
    a, b = said(pair.a), said(pair.b)
    found = {"verbosity": verbosity(a, b), "steps": math.log((turns(pair.a) + 1) / (turns(pair.b) + 1))}
    found |= {name: balance(len(mark.findall(a)), len(mark.findall(b))) for name, mark in MARKS.items()}
    found["refusal"] = float(bool(REFUSALS.search(a))) - float(bool(REFUSALS.search(b)))
    return found | {name: float(value) for name, value in pair.features.items()}


def family(name: str | None) -> str:
    """The family of a model or judge: what its name begins with, such as gpt of gpt-4o@2024."""
    return re.split(r"[-_@:/.\s\d]", (name or "").lower(), maxsplit=1)[0]


def own_family(judge: str, pair: Pair) -> float:
    """+1 where side a alone is of the judge's family, −1 where side b alone is."""
    return float(family(pair.generator_a) == family(judge)) - float(family(pair.generator_b) == family(judge))


def before_judge(judge: str, pair: Pair) -> dict[str, float]:
    """Every feature of a pair as a judge of this name meets it: whether a side is of its family, too."""
    return of_pair(pair) | {"own_family": own_family(judge, pair)}
