"""Run records of tau-bench (Yao et al. 2024): `task_id, trial, reward, info, traj`."""

from collections.abc import Iterable, Sequence

from flywheel.formats import messages as chat
from flywheel.formats import native, shape
from flywheel.formats.fingerprint import fingerprint
from flywheel.records import JSON, BadInput, Trace

POLICY = "gpt-4o@1"
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def parse(obj: JSON, policy: str = POLICY) -> Trace:
    """A trace from one run; runs of the same task share `task`, whose hash keeps domains with equal numbers apart.

    The benchmark stores no tool schemas: they are derived from the calls this run made, and marked so in metadata.
    """
    if not isinstance(obj, dict):
        shape.refuse_type("A run", "an object", obj)
    shape.check_json(obj)
    missing = sorted({"task_id", "trial", "reward", "traj"} - obj.keys())
    if missing:
        raise BadInput(f"{', '.join(missing)} missing; a run of tau-bench has task_id, trial, reward and traj.")
    task_id, trial = shape.count(obj["task_id"], "task_id"), shape.count(obj["trial"], "trial")
    info = shape.mapping(obj.get("info"), "info")
    described = shape.mapping(info.get("task"), "info/task").get("instruction")
    task = f"tau-bench-{task_id}" + (f"-{fingerprint(described, 6)}" if described else "")
    messages = chat.check(obj["traj"], "traj")
    tools = derived_tools(messages)
    return native.parse(
        {
            "id": f"{task}-{trial}-{policy}",
            "task": task,
            "policy": policy,
            "messages": list(messages),
            "tools": tools,
            "outcome": _outcome(shape.number(obj["reward"], "reward")),
            "metadata": {"tau_bench": {**info, "trial": trial}, "tools": {"derived": True}},
        }
        | {name: value for name, value in obj.items() if name not in {"task_id", "trial", "reward", "info", "traj"}}
    )


def _outcome(reward: float | None) -> dict[str, JSON]:
    # The benchmark compares rewards with 1 within 1e-6: they come from a product of floats.
    status = "unknown" if reward is None else "success" if abs(reward - 1) <= 1e-6 else "failure"
    return {"status": status, "reward": reward}


def derived_tools(messages: Sequence[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """Tool schemas as far as calls show them: names, argument names and observed types, by name."""
    seen: dict[str, dict[str, set[str]]] = {}
    for call in _calls(messages):
        arguments = chat.call_arguments(call)
        properties = seen.setdefault(call["function"]["name"], {})
        for name, value in arguments.items() if isinstance(arguments, dict) else ():
            properties.setdefault(name, set()).add(_TYPES.get(type(value), "null"))
    return [_tool(name, properties) for name, properties in sorted(seen.items())]


def _calls(messages: Sequence[dict[str, JSON]]) -> Iterable[dict[str, JSON]]:
    return (call for message in messages for call in message.get("tool_calls") or [])


def _tool(name: str, properties: dict[str, set[str]]) -> dict[str, JSON]:
    described = {
        argument: {"type": next(iter(types)) if len(types) == 1 else sorted(types)}
        for argument, types in sorted(properties.items())
    }
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": described}}}
