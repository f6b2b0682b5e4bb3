"""Chat messages as a release holds them: one shape whatever the source, and one rule for when two say the same."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flywheel.records import JSON, BadInput

Message = dict[str, JSON]

ROLES = frozenset({"system", "user", "assistant", "tool"})
PLAIN = {"role", "content"}
KEPT = {"assistant": ("reasoning_content",), "tool": ("tool_call_id", "name")}


def clean(message: Mapping[str, JSON]) -> Message:
    """One message with a known role, text content ("" for none) and tool arguments as objects; BadInput otherwise.

    Arguments stay a string only when the agent wrote broken JSON: chat templates expect an object and would quote a
    string once more.
    """
    if message.keys() == PLAIN and type(message["content"]) is str and message["role"] in ROLES:
        return dict(message)  # most are as they should be
    role = "system" if message.get("role") == "developer" else message.get("role")
    if role not in ROLES:
        raise BadInput(f"A message has the role {role!r}; use one of {', '.join(sorted(ROLES))}.")
    cleaned: Message = {"role": role, "content": text(message.get("content"))}
    cleaned |= {key: message[key] for key in KEPT.get(role, ()) if message.get(key)}
    if calls := message.get("tool_calls"):
        cleaned["tool_calls"] = [_call(call) for call in calls]
    return cleaned


def clean_all(messages: Iterable[Mapping[str, JSON]]) -> list[Message]:
    """All messages of one conversation, cleaned."""
    return [clean(message) for message in messages]


def text(content: JSON) -> str:
    """The words of a message: a string, or the text parts of a list joined by line breaks; BadInput for other parts."""
    if content is None or isinstance(content, str):
        return content or ""
    parts = content if isinstance(content, list) else [content]
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in parts):
        raise BadInput("A message holds a part that is not text; releases hold text and tool calls only.")
    return "\n".join(part["text"] for part in parts)


def same(one: Message, other: Message) -> bool:
    """Whether two cleaned messages say the same; ids of tool calls do not count, they are drawn anew in every run."""
    return one["content"] == other["content"] and _meaning(one) == _meaning(other)


def is_empty(message: Message) -> bool:
    """Whether a cleaned message neither says nor does anything."""
    return not message["content"].strip() and not message.get("tool_calls")


def _meaning(message: Message) -> tuple[Any, ...]:
    calls = [call["function"] for call in message.get("tool_calls", [])]
    return message["role"], message.get("reasoning_content"), calls


def _call(call: Mapping[str, JSON]) -> dict[str, JSON]:
    function = call.get("function") or {}
    if not function.get("name"):
        raise BadInput("A tool call has no function name; give it as function.name.")
    cleaned = {"type": "function", "function": {"name": function["name"], "arguments": _arguments(function)}}
    return {"id": call["id"]} | cleaned if call.get("id") else cleaned


def _arguments(function: Mapping[str, JSON]) -> JSON:
    arguments = function.get("arguments") or {}
    if not isinstance(arguments, str):
        return arguments
    try:
        parsed = json.loads(arguments)
    except json.JSONDecodeError:
        return arguments
    return parsed if isinstance(parsed, dict) else arguments
