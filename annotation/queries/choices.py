"""What can be answered about an item, as the answer bar shows it, with what the person has typed so far."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.models import Project, Queue, QueueKind
from annotation.queries.sides import NAMES
from annotation.task_types.compare import STRENGTHS
from annotation.task_types.mark import REASONS

SHAPES: dict[str, type] = {
    "choice": str,
    "rationale": str,
    "correction": dict,
    "criteria": dict,
    "ranking": list,
    "steps": list,
    "comments": list,
}
PARTS: dict[str, dict[str, type]] = {
    "steps": {"step": int, "value": object},
    "comments": {"side": str, "quote": str, "text": str},
}
WORDS = {"tie": "tie", "both_bad": "both bad"}


def bar(queue: Queue, project: Project, count: int, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Choices, order, strength and criteria of a comparison of `count` sides; empty for the other kinds."""
    if queue.kind != QueueKind.COMPARE:
        return {"choices": [], "ranks": [], "strengths": [], "criteria": []}
    is_ranked = count > 2 and queue.asks_ranking
    found = choices(count)
    strength = typed.get("strength")
    return {
        "choices": [one for one in found if not (is_ranked and one["is_side"])],
        "ranks": ranks(count, typed.get("ranking") or []) if is_ranked else [],
        "strengths": [(value, label, value == strength) for value, label in STRENGTHS.items()]
        if queue.asks_strength and not is_ranked
        else [],
        "criteria": criteria(project.rubric, count, typed.get("criteria") or {}),
    }


def choices(count: int) -> list[dict[str, Any]]:
    """The answers to a comparison with their keys; of two sides, the second stands at the far end."""
    sides: list[dict[str, Any]] = [
        {"value": str(n), "key": str(n), "label": NAMES[n - 1], "is_side": True} for n in range(1, count + 1)
    ]
    others: list[dict[str, Any]] = [
        {"value": "tie", "key": "0", "label": "Tie" if count == 2 else "All equal", "is_side": False},
        {"value": "both_bad", "key": "X", "label": "Both bad" if count == 2 else "All bad", "is_side": False},
    ]
    return [sides[0], *others, sides[1]] if count == 2 else [*sides, *others]


def ranks(count: int, ranking: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Each side with its place so far, best first, sides without a place last."""
    places = {side: number for number, group in enumerate(ranking, start=1) for side in group}
    rows = [{"place": str(n), "name": NAMES[n - 1], "rank": places.get(str(n))} for n in range(1, count + 1)]
    return sorted(rows, key=lambda row: row["rank"] or count + 1)


def task(queue: Queue) -> str:
    """What people do in a queue, in a few words."""
    if queue.kind == QueueKind.CORRECT:
        return "Rewrite what should have been better"
    if queue.kind == QueueKind.MARK:
        return "Mark the steps of one run"
    if queue.sides == 2:
        return "Compare two runs"
    return f"Put {queue.sides} runs in order" if queue.asks_ranking else f"Pick the best of {queue.sides} runs"


def criteria(rubric: Sequence[Mapping[str, Any]], count: int, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rubric's criteria, each with a choice among the sides, a tie, and none."""
    options = [("", "–"), *((str(n), NAMES[n - 1]) for n in range(1, count + 1)), ("tie", "tie")]
    return [
        {
            "key": one["key"],
            "name": one["name"],
            "help": one.get("help", ""),
            "options": [(value, label, value == given.get(one["key"], "")) for value, label in options],
        }
        for one in rubric
    ]


def usable(draft: Mapping[str, Any]) -> dict[str, Any]:
    """A draft's parts that have the shape the screen shows; programs may keep drafts of any shape."""
    found: dict[str, Any] = {key: value for key, value in draft.items() if isinstance(value, SHAPES.get(key, object))}
    found["correction"] = usable_correction(found.get("correction") or {})
    for key, parts in PARTS.items():
        found[key] = [one for one in found.get(key) or [] if fits(one, parts)]
    groups = [group for group in found.get("ranking") or [] if isinstance(group, list)]
    found["ranking"] = [[side for side in group if isinstance(side, str)] for group in groups]
    return found


def usable_correction(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The correction with those of its calls that are calls."""
    if not fits(given, {"side": str, "message": int, "content": str}):
        return None
    calls = given.get("tool_calls")
    if not isinstance(calls, list):
        return {**given, "tool_calls": None}
    return {**given, "tool_calls": [call for call in calls if fits(call, {"name": str, "arguments": object})]}


def fits(one: Any, parts: Mapping[str, type]) -> bool:
    """Whether it is an object with these parts."""
    return isinstance(one, dict) and all(key in one and isinstance(one[key], kind) for key, kind in parts.items())


def said(shown: Mapping[str, Any], count: int = 2) -> str:
    """A displayed answer in a few words, as its screen named the sides."""
    if shown.get("ranking"):
        return " > ".join(" = ".join(NAMES[int(side) - 1] for side in group) for group in shown["ranking"])
    if "choice" in shown:
        return verdict(shown, count)
    if "steps" in shown:
        return marked(shown)
    return "corrected"


def verdict(shown: Mapping[str, Any], count: int) -> str:
    """A pick with its strength, a tie or both bad."""
    choice = shown["choice"]
    if choice in WORDS:
        return {"tie": "all equal", "both_bad": "all bad"}[choice] if count > 2 else WORDS[choice]
    degree = STRENGTHS.get(shown.get("strength") or 0, "")
    better = "is best" if count > 2 else f"is {degree} better".replace("  ", " ")
    return f"{NAMES[int(choice) - 1]} {better}"


def marked(shown: Mapping[str, Any]) -> str:
    """How many steps were marked, and the first error."""
    if shown.get("is_clean"):
        return "no error"
    steps = len(shown["steps"])
    parts = [f"{steps} step{'' if steps == 1 else 's'} marked"] if steps else []
    if shown.get("first_error"):
        parts.append(f"first error at step {shown['first_error']}")
    return ", ".join(parts)


def marks(typed: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """What was marked so far, put on the cards of the steps; `hidden` has the fields of those that have no card yet."""
    steps, first_error = {one["step"]: one for one in typed.get("steps") or []}, typed.get("first_error")
    cards = [card for block in blocks for card in block.get("cards", ()) if card and card.get("number")]
    for card in cards:
        mark = steps.pop(card["number"], {})
        card["mark"], card["reason"] = str(mark.get("value", "")), mark.get("reason", "")
    hidden = [("first_error", first_error)] if first_error not in [None, *(card["number"] for card in cards)] else []
    for step, mark in steps.items():
        hidden += [(f"step_{step}", mark["value"]), (f"step_{step}_reason", mark.get("reason", ""))]
    return {
        "first_error": first_error,
        "is_clean": bool(typed.get("is_clean")),
        "hidden": hidden,
        "names": REASONS,
    }
