"""Lists of OpenAI chat messages: what is allowed in them, and their text and calls in plain form."""

import json

from flywheel.formats import shape
from flywheel.records import JSON, BadInput

ROLES = ("system", "developer", "user", "assistant", "tool")


def check(value: JSON, name: str = "messages") -> tuple[dict[str, JSON], ...]:
    """The messages, checked: known roles, text or parts as content, well-formed calls, replies to calls that were made."""
    found = _checked(value, name, set())
    if not any(message["role"] == "assistant" for message in found):
        raise BadInput(f"{name} holds no assistant message, so there is nothing to judge.")
    return found


def check_prompt(value: JSON, name: str) -> tuple[dict[str, JSON], ...]:
    """A prompt given as text or as messages, as messages; it may end in any role."""
    return ({"role": "user", "content": value},) if isinstance(value, str) else _checked(value, name, set())


def check_answer(value: JSON, name: str, prompt: JSON) -> tuple[dict[str, JSON], ...]:
    """An answer given as text or as messages, as messages; replies in it may answer calls of the prompt."""
    if isinstance(value, str):
        return ({"role": "assistant", "content": value},)
    called: set[str] = set()
    _checked([] if isinstance(prompt, str) else prompt, "prompt", called)
    found = _checked(value, name, called)
    if not any(message["role"] == "assistant" for message in found):
        raise BadInput(f"{name} holds no assistant message, so there is nothing to judge.")
    return found


def _checked(value: JSON, name: str, called: set[str]) -> tuple[dict[str, JSON], ...]:
    """The messages, each checked; the ids of their calls are added to `called`."""
    found = shape.objects(value, name)
    for index, message in enumerate(found):
        _check_message(message, f"{name}/{index}", called)
    return tuple(found)


def _check_message(message: dict[str, JSON], name: str, called: set[str]) -> None:
    role = message.get("role")
    if role not in ROLES:
        raise BadInput(f"{name}/role must be one of {', '.join(ROLES)}.")
    calls = message.get("tool_calls")
    if calls and role != "assistant":
        raise BadInput(f"{name}/tool_calls stands in a message of the {role}; only the assistant calls tools.")
    _check_content(message, name, has_calls=bool(calls))
    for index, call in enumerate(shape.objects(calls, f"{name}/tool_calls")):
        called.add(_check_call(call, f"{name}/tool_calls/{index}"))
    if role == "tool":
        _check_reply(message, name, called)


def _check_content(message: dict[str, JSON], name: str, *, has_calls: bool) -> None:
    if "content" not in message and not has_calls:
        raise BadInput(f"{name}/content is missing.")
    content = message.get("content")
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        shape.refuse_type(f"{name}/content", "text or a list of parts", content)
    for index, part in enumerate(shape.objects(content, f"{name}/content")):
        shape.text(part.get("type"), f"{name}/content/{index}/type")
        if part["type"] == "text":
            shape.text(part.get("text"), f"{name}/content/{index}/text")


def _check_call(call: dict[str, JSON], name: str) -> str:
    function = call.get("function")
    if not isinstance(function, dict):
        shape.refuse_type(f"{name}/function", "an object", function)
    shape.identifier(function.get("name"), f"{name}/function/name")
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str | dict):
        shape.refuse_type(f"{name}/function/arguments", "JSON text or an object", arguments)
    return "" if call.get("id") is None else shape.text(call["id"], f"{name}/id")


def _check_reply(message: dict[str, JSON], name: str, called: set[str]) -> None:
    if not called:
        raise BadInput(f"{name} is a tool's reply, but no tool was called before it.")
    reply_to = message.get("tool_call_id")
    if reply_to is not None and shape.text(reply_to, f"{name}/tool_call_id") not in called:
        raise BadInput(f"{name}/tool_call_id names no earlier call.")


def content_text(message: dict[str, JSON]) -> str:
    """The readable text of a message: its content, or the text parts of it, joined by line breaks."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def call_arguments(call: dict[str, JSON]) -> JSON:
    """A call's arguments: the object if they are one or JSON text of one, else the text as it stands."""
    arguments = call["function"].get("arguments")
    if arguments is None:
        return {}
    if not isinstance(arguments, str):
        return arguments
    try:
        parsed = json.loads(arguments)
        shape.check_json(parsed)
    except (ValueError, RecursionError):
        return arguments
    return parsed if isinstance(parsed, dict) else arguments
