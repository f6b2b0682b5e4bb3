"""Correct one trace: rewrite its answer or one of its steps."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.comments import checked_comments, displayed_comments
from annotation.task_types.context import Asked, Messages
from annotation.task_types.corrections import checked_correction, displayed_correction
from annotation.task_types.texts import checked_text

TEMPLATE = "assignments/correct.html"


def check(answer: Any, *, order: Sequence[int], messages: Messages, asked: Asked) -> dict[str, Any]:
    """The answer as stored: {"rationale", "correction", "comments"}."""
    if not isinstance(answer, dict) or not answer.get("correction"):
        raise Invalid("Write the corrected answer first.")
    return {
        "rationale": checked_text(answer.get("rationale"), "rationale"),
        "correction": checked_correction(answer["correction"], order=order, messages=messages, tools=asked.tools),
        "comments": checked_comments(answer.get("comments"), order=order, messages=messages),
    }


def displayed(answer: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The stored answer as this person's screen shows it; the inverse of `check`."""
    return {
        "rationale": answer["rationale"],
        "correction": displayed_correction(answer, order),
        "comments": displayed_comments(answer, order),
    }


def label(answer: dict[str, Any]) -> None:
    """A correction alone is no vote between sides."""
    return None
