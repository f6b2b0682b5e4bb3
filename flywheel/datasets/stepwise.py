"""Marked runs as rows for a process reward model: the run as text, cut after every step that was judged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flywheel.datasets import messages as chat
from flywheel.datasets.excluded import Excluded
from flywheel.datasets.messages import Message
from flywheel.records import JSON, BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What one person said of the steps of a run: `labels` holds the judged ones, counted from 1 over the agent's messages."""

    marking_id: str
    task: str
    messages: Sequence[Mapping[str, JSON]]
    labels: Mapping[int, bool]
    source: str = "marking"
    annotation_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepwiseRow:
    """One line of stepwise/*.jsonl: TRL's columns first, then which steps they are and where they come from."""

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool, ...]
    steps: tuple[int, ...]
    row_id: str
    task: str
    source: str
    annotation_ids: tuple[str, ...]


def stepwise_row(marking: Marking) -> StepwiseRow | Excluded:
    """The prompt is what came before the agent's first message; each completion ends with a judged step.

    What lies between two of them (a tool's reply, the user's words, steps that nobody judged) opens the later one,
    because a model that judges a step has to see it. What follows the last judged step is left out.
    """
    try:
        run = chat.clean_all(marking.messages)
    except BadInput as problem:
        return Excluded(marking.marking_id, "bad_message", str(problem))
    turns = [index for index, message in enumerate(run) if message["role"] == "assistant"]
    steps = sorted(step for step in marking.labels if 1 <= step <= len(turns))
    if not steps:
        return Excluded(marking.marking_id, "empty_answer", "no step is marked")
    if not turns[0]:
        return Excluded(marking.marking_id, "no_prompt", "the run begins with the assistant's message")
    ends = [turns[step - 1] + 1 for step in steps]
    starts = [turns[0], *ends[:-1]]
    return StepwiseRow(
        prompt=told(run[: turns[0]]),
        completions=tuple(told(run[start:end]) for start, end in zip(starts, ends, strict=True)),
        labels=tuple(marking.labels[step] for step in steps),
        steps=tuple(steps),
        row_id=marking.marking_id,
        task=marking.task,
        source=marking.source,
        annotation_ids=tuple(marking.annotation_ids),
    )


def told(messages: Sequence[Message]) -> str:
    """Messages as plain text: who speaks and what, and a line for each tool call."""
    return "\n\n".join(spoken(message) for message in messages)


def spoken(message: Message) -> str:
    """One message as text."""
    calls = [call["function"] for call in message.get("tool_calls", [])]
    lines = [f"{call['name']}({json.dumps(call['arguments'], ensure_ascii=False)})" for call in calls]
    return "\n".join([f"{message['role']}: {message['content']}".rstrip(), *lines])
