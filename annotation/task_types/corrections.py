"""The part that all kinds share: rewriting one assistant message of one side, its words or its tool calls."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.context import Messages, Tools
from annotation.task_types.texts import checked_text, displayed_place, is_count, undisplayed
from annotation.task_types.tool_calls import calls_of, checked_calls
from flywheel.formats.messages import content_text


def checked_correction(value: Any, *, order: Sequence[int], messages: Messages, tools: Tools) -> dict[str, Any] | None:
    """The correction with its side un-displayed; without `tool_calls` the calls of the message stay as they are."""
    if not value:
        return None
    if not isinstance(value, dict):
        raise Invalid("A correction needs a side, a message and its new text.")
    side, index = undisplayed(value.get("side"), order), value.get("message")
    told = messages()[side]
    if not is_count(index) or index >= len(told):
        raise Invalid("The correction names a message that this run does not have; reload the page.")
    if told[index].get("role") != "assistant":
        raise Invalid("Only the agent's own messages can be corrected.")
    corrected = {"side": side, "message": index, "content": checked_text(value.get("content"), "correction")}
    if value.get("tool_calls") is not None:
        corrected["tool_calls"] = checked_calls(value["tool_calls"], tools=tools()[side])
    refuse_unchanged(corrected, told[index])
    return corrected


def refuse_unchanged(corrected: dict[str, Any], original: dict[str, Any]) -> None:
    """A correction says something, and something else than the agent did."""
    before = calls_of(original)
    after = corrected.get("tool_calls", before)
    if not corrected["content"] and not after:
        raise Invalid("The corrected answer is empty; write it, or close the correction.")
    if corrected["content"] == content_text(original).strip() and after == before:
        raise Invalid("The corrected answer is the same as the original; change it, or close the correction.")


def displayed_correction(answer: dict[str, Any], order: Sequence[int]) -> dict[str, Any] | None:
    """The stored correction of an answer as this person's screen names its side."""
    correction = answer.get("correction")
    return {**correction, "side": displayed_place(correction["side"], order)} if correction else None
