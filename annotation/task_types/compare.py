"""Compare two traces: pick one, tie, or both bad; a correction may come with it."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.corrections import checked_correction, checked_text, displayed_correction, undisplayed

TEMPLATE = "assignments/compare.html"
LETTERS = "abcdef"


def check(answer: Any, *, order: Sequence[int], messages: Sequence[list[dict[str, Any]]]) -> dict[str, Any]:
    """The answer as stored: {"choice": "a" | "b" | "tie" | "both_bad", "rationale", "correction"}."""
    if not isinstance(answer, dict):
        raise Invalid("The answer must be an object with a choice.")
    choice = answer.get("choice")
    if choice in (None, ""):
        raise Invalid("Choose first: A, B, tie or both bad.")
    if choice not in ("tie", "both_bad"):
        choice = LETTERS[undisplayed(choice, order)]
    correction = answer.get("correction")
    return {
        "choice": choice,
        "rationale": checked_text(answer.get("rationale"), "rationale"),
        "correction": checked_correction(correction, order=order, messages=messages) if correction else None,
    }


def displayed(answer: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The stored answer as this person's screen shows it; the inverse of `check`."""
    choice = answer["choice"]
    if choice in LETTERS:
        choice = str(list(order).index(LETTERS.index(choice)) + 1)
    correction = answer.get("correction")
    return {
        "choice": choice,
        "rationale": answer["rationale"],
        "correction": displayed_correction(correction, order) if correction else None,
    }


def label(answer: dict[str, Any]) -> str:
    """The vote in an answer: a, b, tie or both_bad, un-displayed."""
    return str(answer["choice"])
