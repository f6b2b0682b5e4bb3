"""Steps and messages tell the same story: each is made from the other here."""

import json
from collections.abc import Sequence

from flywheel.formats import messages as chat
from flywheel.formats import shape
from flywheel.records import JSON, BadInput, Step

FIELDS = frozenset({"state", "thought", "action", "observation", "message"})
_ACTION = 'text, {"tool", "arguments"}, a list of those, or {"say"}'


def from_messages(messages: Sequence[dict[str, JSON]]) -> tuple[Step, ...]:
    """One step for each assistant message; its observation is what came before the next one, with role.

    One message as observation stands by itself, several as a list, none as None; states are unknown (None).
    """
    starts = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    ends = [*starts[1:], len(messages)]
    return tuple(_step(messages, start, end) for start, end in zip(starts, ends, strict=True))


def _step(messages: Sequence[dict[str, JSON]], start: int, end: int) -> Step:
    message = messages[start]
    said = chat.content_text(message)
    calls = message.get("tool_calls") or []
    actions = [{"tool": call["function"]["name"], "arguments": chat.call_arguments(call)} for call in calls]
    thought = said if actions and said else None
    action = _one_or_all(actions) if actions else {"say": said}
    observed = [_observation(reply) for reply in messages[start + 1 : end]]
    return Step(None, thought, action, _one_or_all(observed) if observed else None, start)


def _one_or_all(entries: list) -> JSON:
    return entries[0] if len(entries) == 1 else entries


def _observation(message: dict[str, JSON]) -> dict[str, JSON]:
    named = {"name": message["name"]} if message.get("name") else {}
    return {"role": message["role"], **named, "content": chat.content_text(message)}


def to_messages(steps: Sequence[Step], task: str) -> tuple[dict[str, JSON], ...]:
    """The steps as a conversation: the task and first state open it, then each action and what came back.

    A state is told again only where it changed, because a model trained on the messages sees nothing else.
    """
    messages: list[dict[str, JSON]] = [{"role": "user", "content": _joined(task, steps[0].state)}]
    for index, step in enumerate(steps):
        messages.append(_assistant(step, index))
        following = steps[index + 1].state if index + 1 < len(steps) else None
        changed = None if following == step.state else following
        messages.extend(_replies(step, changed, messages[-1].get("tool_calls") or []))
    return tuple(messages)


def indexed(steps: Sequence[Step], messages: Sequence[dict[str, JSON]]) -> tuple[Step, ...]:
    """The steps with `message` set to the assistant messages in order; refused when the counts differ."""
    turns = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    if len(turns) != len(steps):
        raise BadInput(
            f"steps has {len(steps)} entries but messages has {len(turns)} assistant messages;"
            " give each step the index of its `message`, or send only one of the two."
        )
    pairs = zip(steps, turns, strict=True)
    return tuple(Step(step.state, step.thought, step.action, step.observation, turn) for step, turn in pairs)


def _assistant(step: Step, index: int) -> dict[str, JSON]:
    if "say" in step.action:
        return {"role": "assistant", "content": _joined(step.thought, step.action["say"])}
    actions = step.action if isinstance(step.action, list) else [step.action]
    calls = [_call(action, f"call_{index}_{place}") for place, action in enumerate(actions)]
    return {"role": "assistant", "content": step.thought, "tool_calls": calls}


def _call(action: dict[str, JSON], call_id: str) -> dict[str, JSON]:
    arguments = action["arguments"]
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": action["tool"], "arguments": written}}


def _replies(step: Step, state: JSON, calls: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """One reply for each call, then what else was seen; without calls, a user message if anything was seen."""
    several = isinstance(step.observation, list) and (len(calls) > 1 or _has_roles(step.observation))
    seen = [] if step.observation is None else list(step.observation) if several else [step.observation]
    replies = []
    for index, call in enumerate(calls):
        content = _content(seen[index]) if index < len(seen) else ""
        name = call["function"]["name"]
        replies.append({"role": "tool", "tool_call_id": call["id"], "name": name, "content": content})
    replies.extend({"role": "user", "content": _content(entry)} for entry in seen[len(calls) :])
    if state is not None and replies:
        replies[-1]["content"] = _joined(replies[-1]["content"], state)
    elif state is not None:
        replies.append({"role": "user", "content": _joined(state)})
    return replies


def _has_roles(observation: list) -> bool:
    return all(isinstance(entry, dict) and "role" in entry for entry in observation)


def _content(entry: JSON) -> str:
    if isinstance(entry, dict) and "role" in entry and isinstance(entry.get("content"), str):
        return entry["content"]
    return _joined(entry)


def _joined(*parts: JSON) -> str:
    written = (
        part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in parts if part is not None
    )
    return "\n\n".join(part for part in written if part)


def check(value: JSON, name: str = "steps") -> tuple[Step, ...]:
    """Steps as sent, checked; `message` is -1 where it was not given."""
    return tuple(_checked(entry, f"{name}/{index}") for index, entry in enumerate(shape.objects(value, name)))


def _checked(entry: dict[str, JSON], name: str) -> Step:
    thought = entry.get("thought")
    message = shape.count(entry.get("message"), f"{name}/message")
    return Step(
        entry.get("state"),
        None if thought is None else shape.text(thought, f"{name}/thought"),
        _action(entry.get("action"), f"{name}/action"),
        entry.get("observation"),
        -1 if message is None else message,
    )


def _action(value: JSON, name: str) -> JSON:
    if isinstance(value, str):
        return {"say": value}
    if isinstance(value, dict) and "say" in value:
        return {**value, "say": shape.text(value["say"], f"{name}/say")}
    entries = value if isinstance(value, list) else [value]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        shape.refuse_type(name, _ACTION, value)
    return _one_or_all([_tool_action(entry, name) for entry in entries])


def _tool_action(entry: dict[str, JSON], name: str) -> dict[str, JSON]:
    if "tool" not in entry:
        raise BadInput(f"{name} must be {_ACTION}.")
    arguments = entry.get("arguments")
    if arguments is not None and not isinstance(arguments, str | dict):
        shape.refuse_type(f"{name}/arguments", "an object or text", arguments)
    tool = shape.identifier(entry["tool"], f"{name}/tool")
    return {**entry, "tool": tool, "arguments": {} if arguments is None else arguments}
