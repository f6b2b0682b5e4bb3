"""Comments on a passage: what somebody says of some words of one message of one side."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.context import Messages
from annotation.task_types.texts import checked_list, checked_text, displayed_place, is_count, undisplayed
from flywheel.formats.messages import content_text

MOST = 200


def checked_comments(value: Any, *, order: Sequence[int], messages: Messages) -> list[dict[str, Any]]:
    """The comments with their sides un-displayed; each quote must stand where it says (counted in characters)."""
    found = checked_list(value, "comments", MOST)
    told = messages() if found else ()
    return [checked_comment(entry, order=order, told=told) for entry in found]


def checked_comment(
    entry: dict[str, Any], *, order: Sequence[int], told: Sequence[list[dict[str, Any]]]
) -> dict[str, Any]:
    """One comment; refused if its words are not in the message at that place."""
    side, message, start, end = (
        undisplayed(entry.get("side"), order),
        *(entry.get(k) for k in ("message", "start", "end")),
    )
    text = checked_text(entry.get("text"), "comment")
    if not text:
        raise Invalid("A comment is empty; write what you mean, or remove it.")
    if not (is_count(message) and message < len(told[side])):
        raise Invalid("A comment names a message that this run does not have; reload the page.")
    whole = content_text(told[side][message])
    quote = entry.get("quote")
    if not (is_count(start) and is_count(end) and start < end and quote == whole[start:end]):
        raise Invalid(f"The words of the comment “{text[:60]}” are not at that place of the message; mark them again.")
    return {"side": side, "message": message, "start": start, "end": end, "quote": quote, "text": text}


def displayed_comments(answer: dict[str, Any], order: Sequence[int]) -> list[dict[str, Any]]:
    """The stored comments of an answer as this person's screen names their sides."""
    return [{**entry, "side": displayed_place(entry["side"], order)} for entry in answer.get("comments") or []]
