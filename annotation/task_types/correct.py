"""Correct one trace: rewrite its answer or one of its steps."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.corrections import checked_correction, checked_text, displayed_correction

TEMPLATE = "assignments/correct.html"


def check(answer: Any, *, order: Sequence[int], messages: Sequence[list[dict[str, Any]]]) -> dict[str, Any]:
    """The answer as stored: {"rationale", "correction"}."""
    if not isinstance(answer, dict) or not answer.get("correction"):
        raise Invalid("Write the corrected answer first.")
    return {
        "rationale": checked_text(answer.get("rationale"), "rationale"),
        "correction": checked_correction(answer["correction"], order=order, messages=messages),
    }


def displayed(answer: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The stored answer as this person's screen shows it; the inverse of `check`."""
    return {"rationale": answer["rationale"], "correction": displayed_correction(answer["correction"], order)}


def label(answer: dict[str, Any]) -> None:
    """A correction alone is no vote between sides."""
    return None
