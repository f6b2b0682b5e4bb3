"""What the annotate form sends, as the plain answer that actions take."""

import json
import math
from datetime import datetime
from typing import Any

from django.http import QueryDict

from annotation.models import Assignment

MOST_SIDES = 6
MOST_CALLS = 50
MOST_DIGITS = 9


def typed_answer(form: QueryDict) -> dict[str, Any]:
    """The answer in displayed terms; nothing is judged here. Questions that were not asked leave no key."""
    answer: dict[str, Any] = {"rationale": typed_text(form, "rationale"), "correction": correction(form)}
    if choice := form.get("choice"):
        answer["choice"] = choice
    if found := ranking(form):
        answer["ranking"] = found
    if form.get("strength"):
        answer["strength"] = whole(form, "strength")
    if any(name.startswith("criterion_") for name in form):
        answer["criteria"] = {
            name.removeprefix("criterion_"): value
            for name, value in form.items()
            if name.startswith("criterion_") and value
        }
    if "comments" in form:
        answer["comments"] = parsed(form.get("comments", "")) or []
    is_marked = any(name.startswith(("first_error", "is_clean", "step_")) for name in form)
    return {**answer, **marks(form)} if is_marked else answer


def typed_text(form: QueryDict, name: str) -> str:
    """A text with the line ends that its author saw: forms send CRLF, traces have LF."""
    return form.get(name, "").replace("\r\n", "\n").strip()


def ranking(form: QueryDict) -> list[list[str]]:
    """The groups of sides from their places in the form, best first; sides without a place are left out."""
    groups: dict[int, list[str]] = {}
    for side in range(1, MOST_SIDES + 1):
        place = whole(form, f"rank_{side}")
        if place is not None:
            groups.setdefault(place, []).append(str(side))
    return [groups[place] for place in sorted(groups)]


def correction(form: QueryDict) -> dict[str, Any] | None:
    """The rewritten message: its text, and its calls if it has or had any."""
    of = form.get("correction_of", "")
    if not of:
        return None
    side, _, message = of.partition(":")
    index = int(message) if is_short(message) else None
    found: dict[str, Any] = {"side": side, "message": index, "content": typed_text(form, "correction")}
    calls = [
        {"name": name, "arguments": parsed(form.get(f"call_{n}_arguments", ""))}
        for n in range(1, MOST_CALLS + 1)
        if (name := typed_text(form, f"call_{n}_name"))
    ]
    if calls or form.get("had_calls"):
        found["tool_calls"] = calls
    elif not found["content"]:
        return None
    return found


def marks(form: QueryDict) -> dict[str, Any]:
    """The steps that were marked, the first error, or that there is none."""
    numbers = sorted(int(number) for name in form if is_short(number := name.removeprefix("step_")) and form[name])
    steps = [
        {"step": n, "value": whole(form, f"step_{n}"), "reason": form.get(f"step_{n}_reason", "")} for n in numbers
    ]
    found: dict[str, Any] = {"steps": steps, "first_error": whole(form, "first_error")}
    if form.get("is_clean"):
        found["is_clean"] = True
    return found


def is_short(number: str) -> bool:
    """Whether it is a whole number that can count messages or steps."""
    return number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS


def whole(form: QueryDict, name: str) -> int | None:
    """A whole number, None for anything else."""
    try:
        return int(form.get(name, ""))
    except ValueError:
        return None


def parsed(text: str) -> Any:
    """The value of JSON text; text that is no JSON stays as it is, so that a draft keeps it."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def active_seconds(form: QueryDict, assignment: Assignment, *, now: datetime) -> float:
    """What the page counted; without scripts, the time since the item was shown."""
    try:
        counted = float(form.get("active_seconds") or "nan")
    except ValueError:
        counted = math.nan
    if math.isfinite(counted):
        return counted
    return (now - (assignment.shown_at or assignment.claimed_at)).total_seconds()
