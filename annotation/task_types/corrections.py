"""The part that compare and correct share: rewriting one assistant message of one side."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from flywheel.formats.messages import content_text

LONGEST = 100_000  # characters of a correction or rationale


def checked_text(value: Any, what: str) -> str:
    """A text without NUL and not endless."""
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value:
        raise Invalid(f"The {what} must be plain text.")
    if len(value) > LONGEST:
        raise Invalid(f"The {what} is longer than {LONGEST:,} characters; shorten it.")
    return value.strip()


def checked_correction(value: Any, *, order: Sequence[int], messages: Sequence[list[dict[str, Any]]]) -> dict[str, Any]:
    """The correction with its side un-displayed; `messages` holds each side's messages by undisplayed index."""
    if not isinstance(value, dict):
        raise Invalid("A correction needs a side, a message and its new text.")
    side = undisplayed(value.get("side"), order)
    index = value.get("message")
    told = messages[side]
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(told):
        raise Invalid("The correction names a message that this run does not have; reload the page.")
    if told[index].get("role") != "assistant":
        raise Invalid("Only the agent's own messages can be corrected.")
    content = checked_text(value.get("content"), "correction")
    if not content:
        raise Invalid("The corrected answer is empty; write it, or close the correction.")
    if content == content_text(told[index]).strip() and not told[index].get("tool_calls"):
        raise Invalid("The corrected answer is the same as the original; change it, or close the correction.")
    return {"side": side, "message": index, "content": content}


def undisplayed(place: Any, order: Sequence[int]) -> int:
    """The side index behind a displayed place ("1", "2", …)."""
    places = {str(number): side for number, side in enumerate(order, start=1)}
    if str(place) not in places:
        raise Invalid("Choose one of the sides on the screen.")
    return places[str(place)]


def displayed_correction(correction: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The stored correction as this person's screen names its side."""
    return {**correction, "side": str(list(order).index(correction["side"]) + 1)}
