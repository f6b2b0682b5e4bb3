"""The editor of a correction: one message of the agent's with its calls, as they are or as they were rewritten."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.models import Assignment, Side
from annotation.queries.sides import NAMES
from flywheel.formats.messages import call_arguments, content_text
from flywheel.formats.pretty import pretty


def editor(assignment: Assignment, wanted: str, typed: Mapping[str, Any], refusal: str = "") -> dict[str, Any]:
    """The editor's state: {of, options, original, content, calls, tools}; `wanted` is a place ("1") or "1:4".

    Without `wanted` it is what was typed last. A refusal that names a call stands beside that call.
    """
    given: dict[str, Any] | None = typed.get("correction")
    asked = wanted or (f"{given['side']}:{given['message']}" if given else "1")
    place, _, number = asked.partition(":")
    messages, tools = told(assignment, place)
    spoken = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    if not spoken:
        return {}
    index = {str(one): one for one in spoken}.get(number, final(messages, spoken))
    of = f"{place}:{index}"
    kept = given if given and f"{given['side']}:{given['message']}" == of else None
    original = content_text(messages[index])
    return {
        "of": of,
        "options": options(assignment, place, messages, spoken, chosen=of),
        "original": original,
        "content": kept["content"] if kept else original,
        "calls": calls(messages[index], kept, refusal),
        "had_calls": bool(messages[index].get("tool_calls")),
        "tools": [name for tool in tools if (name := tool.get("function", tool).get("name"))],
    }


def told(assignment: Assignment, place: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The messages and tools of the side at this displayed place; nothing for a place that is not there."""
    index = dict(zip("123456", assignment.order, strict=False)).get(place)
    if index is None:
        return [], []
    side = Side.objects.filter(item_id=assignment.item_id, index=index)
    return side.values_list("trace__messages", "trace__tools").get()


def final(messages: Sequence[Mapping[str, Any]], spoken: Sequence[int]) -> int:
    """The last message that says something; of a run that only calls tools, its last."""
    written = [index for index in spoken if content_text(dict(messages[index])).strip()]
    return (written or spoken)[-1]


def options(
    assignment: Assignment, place: str, messages: Sequence[Mapping[str, Any]], spoken: Sequence[int], *, chosen: str
) -> list[tuple[str, str, bool]]:
    """What can be rewritten: (value, label, is chosen), the last message first, then the other sides' answers."""
    last = final(messages, spoken)
    name = "" if len(assignment.order) == 1 else f"{NAMES[int(place) - 1]} · "
    own = [
        (f"{place}:{index}", name + ("final answer" if index == last else f"step {count}"))
        for count, index in enumerate(spoken, start=1)
    ]
    others = [
        (str(n), f"{NAMES[n - 1]} · final answer") for n in range(1, len(assignment.order) + 1) if str(n) != place
    ]
    return [(value, label, value == chosen) for value, label in [*reversed(own), *others]]


def calls(message: Mapping[str, Any], kept: Mapping[str, Any] | None, refusal: str) -> list[dict[str, Any]]:
    """The message's calls as fields, what was typed put over them, and an empty one to add a call."""
    were = [(call["function"]["name"], pretty(call_arguments(call))) for call in message.get("tool_calls") or []]
    rewritten = kept.get("tool_calls") if kept else None
    now = were if rewritten is None else [(call["name"], pretty(call["arguments"])) for call in rewritten]
    count = max(len(were), len(now)) + 1
    blank = ("", "")
    rows = zip(now + [blank] * (count - len(now)), were + [blank] * (count - len(were)), strict=True)
    return [
        {
            "number": n,
            "name": name,
            "was": was,
            "arguments": arguments,
            "original": original,
            "is_new": not was and not name,
            "error": refusal if name and re.search(rf"\b{re.escape(name)}\b", refusal) else "",
        }
        for n, ((name, arguments), (was, original)) in enumerate(rows, start=1)
    ]
