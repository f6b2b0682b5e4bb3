"""Trajectories of SWE-agent (Yang et al. 2024): one `.traj` object with trajectory, history and info."""

import json
from collections.abc import Sequence

from flywheel.formats import messages as chat
from flywheel.formats import native, openai_chat, shape
from flywheel.formats import steps as turns
from flywheel.formats.fingerprint import fingerprint
from flywheel.records import JSON, BadInput, Trace

POLICY = "swe-agent@1"
_ENTRY_FIELDS = frozenset({"state", "thought", "action", "observation", "response"})
_KEPT = ("role", "content", "name", "tool_calls", "tool_call_id")


def parse(obj: JSON, policy: str = POLICY) -> Trace:
    """A trace from one trajectory; a submitted patch nobody tested has the outcome "unknown".

    A trajectory carries no names: `instance_id` is used where a collection adds it, else hashes of the content.
    """
    if not isinstance(obj, dict):
        shape.refuse_type("A trajectory", "an object", obj)
    shape.check_json(obj)
    entries = shape.objects(obj.get("trajectory"), "trajectory")
    if not entries:
        raise BadInput("trajectory is missing or empty; send the .traj object as SWE-agent wrote it.")
    history = shape.objects(obj.get("history"), "history")
    info = shape.mapping(obj.get("info"), "info")
    messages = chat.check(_messages(history, entries), "history")
    instance = obj.get("instance_id") or f"swe-agent-{fingerprint(openai_chat.opening(messages))}"
    return native.parse(
        {
            "id": f"{instance}-{fingerprint([entries, info, policy], 8)}",
            "task": instance,
            "policy": policy,
            "messages": list(messages),
            "steps": _steps(entries, messages),
            "outcome": {"status": _status(info.get("exit_status"))},
            "usage": _usage(shape.mapping(info.get("model_stats"), "info/model_stats")),
            "metadata": {"swe_agent": {**info, "environment": obj.get("environment")}},
        }
    )


def _status(exit_status: JSON) -> str:
    submitted = exit_status is None or (isinstance(exit_status, str) and exit_status.startswith("submitted"))
    return "unknown" if submitted else "error"


def _usage(stats: dict[str, JSON]) -> dict[str, JSON]:
    names = {"input_tokens": "tokens_sent", "output_tokens": "tokens_received", "cost": "instance_cost"}
    return {name: stats.get(theirs) for name, theirs in names.items()}


def _messages(history: list[dict[str, JSON]], entries: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """The history as chat messages; where its turns do not match the steps, its opening and the steps as messages."""
    kept = [_message(message) for message in history]
    roles = [message.get("role") for message in kept]
    if roles.count("assistant") == len(entries):
        return kept
    opening = kept[: roles.index("assistant")] if "assistant" in roles else kept
    for index, entry in enumerate(entries):
        told = "response" if entry.get("response") else "thought"
        opening.append({"role": "assistant", "content": _written(entry, told, index)})
        opening.append({"role": "user", "content": _written(entry, "observation", index)})
    return opening


def _message(entry: dict[str, JSON]) -> dict[str, JSON]:
    message = {name: entry[name] for name in _KEPT if entry.get(name) is not None}
    replied = entry.get("tool_call_ids")
    if isinstance(replied, list) and len(replied) == 1:
        message["tool_call_id"] = replied[0]
    return {"content": None, **message} if "content" not in message else message


def _steps(entries: list[dict[str, JSON]], messages: Sequence[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """Steps of the native format; a step that made real tool calls names those, else its command line."""
    derived = turns.from_messages(messages)
    steps = []
    for index, (entry, turn) in enumerate(zip(entries, derived, strict=True)):
        called = messages[turn.message].get("tool_calls")
        role = turn.observation["role"] if isinstance(turn.observation, dict) else "user"
        observed = _written(entry, "observation", index)
        steps.append(
            {name: value for name, value in entry.items() if name not in _ENTRY_FIELDS}
            | {
                "state": _state(entry.get("state")),
                "thought": entry.get("thought"),
                "action": turn.action if called else _command(_written(entry, "action", index)),
                "observation": {"role": role, "content": observed},
                "message": turn.message,
            }
        )
    return steps


def _written(entry: dict[str, JSON], name: str, index: int) -> str:
    value = entry.get(name)
    return "" if value is None else shape.text(value, f"trajectory/{index}/{name}")


def _command(action: str) -> dict[str, JSON]:
    """A command line as a tool and its arguments, so that steps can be compared: `edit 3:4 ...` is the tool "edit"."""
    line = action.strip("\n")
    name, _, arguments = line.partition(" ")
    if not name.isprintable() or not 0 < len(name) <= shape.ID_LENGTH:
        return {"say": line}
    return {"tool": name, "arguments": arguments}


def _state(state: JSON) -> JSON:
    """The state as an object, whether the version of SWE-agent wrote it as one or as JSON text."""
    if not isinstance(state, str):
        return state
    try:
        parsed = json.loads(state)
        shape.check_json(parsed)
    except (ValueError, RecursionError):
        return state
    return parsed
