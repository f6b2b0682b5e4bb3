"""What can be answered about an item: the choices with their keys, and the messages that can be rewritten."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.models import Trace
from annotation.queries.sides import NAMES
from flywheel.formats.messages import content_text


def choices(count: int) -> list[dict[str, Any]]:
    """The answers to a comparison with their keys; of two sides, the second stands at the far end."""
    sides: list[dict[str, Any]] = [
        {"value": str(n), "key": str(n), "label": NAMES[n - 1], "is_side": True} for n in range(1, count + 1)
    ]
    others: list[dict[str, Any]] = [
        {"value": "tie", "key": "0", "label": "Tie", "is_side": False},
        {"value": "both_bad", "key": "X", "label": "Both bad" if count == 2 else "All bad", "is_side": False},
    ]
    return [sides[0], *others, sides[1]] if count == 2 else [*sides, *others]


def correctable(number: int, trace: Trace) -> list[dict[str, Any]]:
    """The agent's messages that a person can rewrite, last first: [{value "1:4", label, text}]; written ones if there are any."""
    told = [(index, content_text(m)) for index, m in enumerate(trace.messages) if m["role"] == "assistant"]
    numbered = [(count, index, text) for count, (index, text) in enumerate(told, start=1)]
    written = [entry for entry in numbered if entry[2].strip()] or numbered
    last = written[-1][1] if written else None
    return [
        {
            "value": f"{number + 1}:{index}",
            "place": str(number + 1),
            "label": f"{NAMES[number]} · " + ("final answer" if index == last else f"step {count}"),
            "text": text,
        }
        for count, index, text in reversed(written)
    ]


def correction(answer: Mapping[str, Any], options: Sequence[Mapping[str, Any]], *, is_given: bool) -> dict[str, Any]:
    """The editor's state: which message, its text, open or not. `is_given` = it starts from the final answer."""
    typed = answer.get("correction")
    if isinstance(typed, dict):
        return {
            "of": f"{typed.get('side')}:{typed.get('message')}",
            "content": typed.get("content", ""),
            "is_open": True,
        }
    if is_given and options:
        return {"of": options[0]["value"], "content": options[0]["text"], "is_open": True}
    return {"of": "", "content": "", "is_open": False}
