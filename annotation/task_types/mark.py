"""Mark one trace: judge each step, or name the first one that is wrong, or say that all is well."""

from collections.abc import Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.comments import checked_comments, displayed_comments
from annotation.task_types.context import Asked, Messages
from annotation.task_types.corrections import checked_correction, displayed_correction
from annotation.task_types.texts import checked_list, checked_text, is_count

TEMPLATE = "assignments/mark.html"
REASONS = {
    "wrong_tool": "wrong tool",
    "wrong_arguments": "wrong arguments",
    "misread_result": "misread a result",
    "false_claim": "said something untrue",
    "policy_breach": "broke a rule",
    "unneeded_step": "was not needed",
    "incomplete": "left something out",
    "other": "something else",
}
VALUES = (1, 0, -1)
MOST = 10_000


def check(answer: Any, *, order: Sequence[int], messages: Messages, asked: Asked) -> dict[str, Any]:
    """The answer as stored: {"steps", "first_error", "is_clean", "rationale", "correction", "comments"}."""
    if not isinstance(answer, dict):
        raise Invalid("The answer must be an object with marks.")
    first, is_clean = answer.get("first_error"), answer.get("is_clean") is True
    marks = checked_list(answer.get("steps"), "marks", MOST)
    if not marks and first is None and not is_clean:
        raise Invalid("Mark a step first, name the first error, or say that there is none.")
    count = 0 if is_clean and not marks and first is None else steps_in(messages)
    steps = sorted((checked_mark(mark, count) for mark in marks), key=lambda mark: mark["step"])
    if first is not None:
        checked_step(first, count)
    refuse_contradictions(steps, first, is_clean=is_clean)
    return {
        "steps": steps,
        "first_error": first,
        "is_clean": is_clean,
        "rationale": checked_text(answer.get("rationale"), "rationale"),
        "correction": checked_correction(answer.get("correction"), order=order, messages=messages, tools=asked.tools),
        "comments": checked_comments(answer.get("comments"), order=order, messages=messages),
    }


def steps_in(messages: Messages) -> int:
    """How many steps the run has: every message of the agent is one."""
    (told,) = messages()
    return sum(message.get("role") == "assistant" for message in told)


def checked_step(number: Any, count: int) -> int:
    """A step's number as shown, from 1 on."""
    if not is_count(number) or not 1 <= number <= count:
        raise Invalid(f"A mark names step {number!r:.20}, but this run has {count} steps; reload the page.")
    return int(number)


def checked_mark(mark: dict[str, Any], count: int) -> dict[str, Any]:
    """One mark as stored: {"step", "value", "reason"}."""
    step, value, reason = checked_step(mark.get("step"), count), mark.get("value"), mark.get("reason") or ""
    if isinstance(value, bool) or value not in VALUES:
        raise Invalid(f"Mark step {step} as good (1), neutral (0) or bad (-1).")
    if reason and not (isinstance(reason, str) and reason in REASONS):
        raise Invalid(f"The reason at step {step} must be one of {', '.join(REASONS)}.")
    if reason and value == 1:
        raise Invalid(f"Step {step} is marked as good, so it needs no reason; remove one of the two.")
    return {"step": step, "value": int(value), "reason": reason}


def refuse_contradictions(steps: list[dict[str, Any]], first: int | None, *, is_clean: bool) -> None:
    """The marks, the first error and “no error” must tell one story."""
    values = {mark["step"]: mark["value"] for mark in steps}
    bad = [step for step, value in values.items() if value < 0]
    if len(values) < len(steps):
        raise Invalid("A step is marked twice; reload the page.")
    if is_clean and (first is not None or bad):
        raise Invalid(f"You say that there is no error, and mark step {first or bad[0]} as one; remove one of the two.")
    if first is not None and values.get(first) == 1:
        raise Invalid(f"Step {first} is marked as good and as the first error; remove one of the two.")
    if first is not None and bad and bad[0] < first:
        raise Invalid(f"Step {bad[0]} is marked as bad, but step {first} as the first error; mend one of the two.")


def displayed(answer: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The stored answer as this person's screen shows it; the inverse of `check`."""
    return {
        **answer,
        "correction": displayed_correction(answer, order),
        "comments": displayed_comments(answer, order),
    }


def label(answer: dict[str, Any]) -> None:
    """Marks are no vote between sides."""
    return None


def step_labels(answer: dict[str, Any], count: int) -> dict[int, bool]:
    """step → whether it is right, for the steps of which the answer says so: before the first error all are, from it on none."""
    if answer["is_clean"]:
        return dict.fromkeys(range(1, count + 1), True)
    if (first := answer["first_error"]) is not None:
        return {step: step < first for step in range(1, count + 1)}
    return {mark["step"]: mark["value"] > 0 for mark in answer["steps"]}
