"""The native trace format: one JSON object with messages or steps; what it does not know is kept under metadata."""

import hashlib
from dataclasses import asdict, fields
from typing import cast, get_args

from flywheel.formats import messages as chat
from flywheel.formats import shape
from flywheel.formats import steps as turns
from flywheel.formats.fingerprint import canonical
from flywheel.records import JSON, BadInput, Outcome, OutcomeStatus, Step, Trace, Usage

_FIELDS = frozenset(field.name for field in fields(Trace))
_OUTCOME_FIELDS = frozenset(field.name for field in fields(Outcome))
_USAGE_FIELDS = frozenset(field.name for field in fields(Usage))


def parse(obj: JSON) -> Trace:
    """A trace from its JSON object; of messages and steps one may be missing and is made from the other."""
    if not isinstance(obj, dict):
        shape.refuse_type("A trace", "an object", obj)
    shape.check_json(obj)
    task = shape.label(obj.get("task"), "task", shape.TASK_LENGTH)
    messages, steps = _story(obj, task)
    started_at = shape.moment(obj.get("started_at"), "started_at")
    ended_at = shape.moment(obj.get("ended_at"), "ended_at")
    if started_at and ended_at and ended_at < started_at:
        raise BadInput("ended_at is before started_at; send both in the same zone.")
    return Trace(
        id=shape.identifier(obj.get("id"), "id"),
        task=task,
        policy=shape.policy(obj.get("policy")),
        messages=messages,
        steps=steps,
        tools=tuple(shape.objects(obj.get("tools"), "tools")),
        outcome=_outcome(shape.mapping(obj.get("outcome"), "outcome")),
        started_at=started_at,
        ended_at=ended_at,
        usage=_usage(shape.mapping(obj.get("usage"), "usage")),
        tags=shape.mapping(obj.get("tags"), "tags"),
        metadata=_metadata(obj),
    )


def _story(obj: dict[str, JSON], task: str) -> tuple[tuple[dict[str, JSON], ...], tuple[Step, ...]]:
    """Messages and steps of the record, each derived from the other where only one was sent."""
    steps = turns.check(obj.get("steps"))
    sent = shape.objects(obj.get("messages"), "messages")
    if not sent and not steps:
        raise BadInput("Both messages and steps are empty; send at least one of them.")
    messages = chat.check(sent) if sent else turns.to_messages(steps, task)
    if not steps:
        return messages, turns.from_messages(messages)
    if not sent or any(step.message == -1 for step in steps):
        return messages, turns.indexed(steps, messages)
    _check_places(steps, messages)
    return messages, steps


def _check_places(steps: tuple[Step, ...], messages: tuple[dict[str, JSON], ...]) -> None:
    last = -1
    for index, step in enumerate(steps):
        if not last < step.message < len(messages) or messages[step.message]["role"] != "assistant":
            raise BadInput(f"steps/{index}/message must be the index of an assistant message, in rising order.")
        last = step.message


def _outcome(value: dict[str, JSON]) -> Outcome:
    status = value.get("status") or "unknown"
    if status not in get_args(OutcomeStatus):
        raise BadInput(f"outcome/status must be one of {', '.join(get_args(OutcomeStatus))}.")
    return Outcome(cast("OutcomeStatus", status), shape.number(value.get("reward"), "outcome/reward"))


def _usage(value: dict[str, JSON]) -> Usage:
    return Usage(
        shape.count(value.get("input_tokens"), "usage/input_tokens"),
        shape.count(value.get("output_tokens"), "usage/output_tokens"),
        shape.number(value.get("cost"), "usage/cost", least=0),
    )


def _metadata(obj: dict[str, JSON]) -> dict[str, JSON]:
    """The record's metadata, with unknown fields of the record and its parts added under "extra"."""
    metadata = shape.mapping(obj.get("metadata"), "metadata")
    extra = {name: value for name, value in obj.items() if name not in _FIELDS}
    for name, known in (("outcome", _OUTCOME_FIELDS), ("usage", _USAGE_FIELDS)):
        extra |= _unknown(name, shape.mapping(obj.get(name), name), known)
    for index, step in enumerate(obj.get("steps") or []):
        extra |= _unknown(f"steps/{index}", step, turns.FIELDS)
    if not extra:
        return metadata
    return {**metadata, "extra": {**shape.mapping(metadata.get("extra"), "metadata/extra"), **extra}}


def _unknown(name: str, value: dict[str, JSON], known: frozenset[str]) -> dict[str, JSON]:
    left = {key: child for key, child in value.items() if key not in known}
    return {name: left} if left else {}


def dump(trace: Trace) -> dict[str, JSON]:
    """The trace as a JSON object; `parse` gives the same trace back. Steps that follow from the messages are left out."""
    found: dict[str, JSON] = {"id": trace.id, "task": trace.task, "policy": trace.policy}
    found["messages"] = list(trace.messages)
    if trace.steps != turns.from_messages(trace.messages):
        found["steps"] = [asdict(step) for step in trace.steps]
    found["tools"] = list(trace.tools)
    found["outcome"] = {"status": trace.outcome.status, "reward": trace.outcome.reward}
    found["started_at"] = trace.started_at and trace.started_at.isoformat()
    found["ended_at"] = trace.ended_at and trace.ended_at.isoformat()
    usage = trace.usage
    found["usage"] = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cost": usage.cost}
    return {**found, "tags": dict(trace.tags), "metadata": dict(trace.metadata)}


def content(trace: Trace) -> bytes:
    """The whole trace as JSON; `parse` gives it back."""
    return canonical(dump(trace))


def content_hash(trace: Trace) -> str:
    """SHA-256 (hex) of the content: the same id with another hash is another trace."""
    return hashlib.sha256(content(trace)).hexdigest()
