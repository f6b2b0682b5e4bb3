"""One step as a card: who, which step, and its state, thought, action and observation as short plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.queries.sides import NAMES
from flywheel.alignment import argument_differences
from flywheel.formats.pretty import pretty
from flywheel.records import Step

PREVIEW = 96  # characters of an observation shown before it is opened
SEEN = 280  # characters of an observation that a long item carries itself; the rest comes when it is opened
TOLD = 1_200  # the same for thoughts, arguments and what is said
LABELS = {"tool": "observation", "function": "observation"}
Card = dict[str, Any]


def card(number: int, step: Step, count: int, others: Sequence[Step] = (), *, is_cut: bool = False) -> Card:
    """A step for reading; what differs from the other steps of its row is marked. `is_cut` leaves long texts out.

    What was left out is named in the text's `part`: see `passage`.
    """
    said = step.action["say"] if is_said(step) else None
    done = [other for other in others if other.action == step.action]
    return {
        "side": NAMES[number],
        "place": str(number + 1),
        "number": count,
        "message": step.message,
        "thought": told(step.thought, "thought", is_cut=is_cut) if step.thought else None,
        "said": None if said is None else told(said, "said", is_cut=is_cut),
        "calls": [] if said is not None else calls(step, others, is_cut=is_cut),
        "state": None
        if step.state is None
        else reply({"role": "state", "content": step.state}, "state", is_cut=is_cut),
        "replies": [
            reply(entry, f"observation-{n}", is_cut=is_cut) for n, entry in enumerate(entries(step.observation))
        ],
        "seen_differs": any(other.observation != step.observation for other in done),
    }


def asked_card(number: int, one: Mapping[str, str]) -> Card:
    """What was asked, where it is not the same on every side."""
    return {"side": NAMES[number], "place": str(number + 1), "asked": one["asked"], "calls": [], "replies": []}


def is_said(step: Step) -> bool:
    """True for a step that speaks instead of calling tools."""
    return isinstance(step.action, dict) and "say" in step.action


def told(text: str, part: str, *, is_cut: bool) -> dict[str, Any]:
    """A text of the agent's; `part` is empty if all of it is there."""
    if is_cut and len(text) > TOLD:
        return {"text": text[:TOLD].rstrip() + " …", "part": part}
    return {"text": text, "part": ""}


def calls(step: Step, others: Sequence[Step], *, is_cut: bool) -> list[dict[str, Any]]:
    """The step's tool calls with their arguments: [{tool, arguments: [{name, value, differs, part}] or text}]."""
    theirs = [entries(other.action) for other in others if not is_said(other)]
    return [
        call(action, [their[n] for their in theirs if n < len(their)], n, is_cut=is_cut)
        for n, action in enumerate(entries(step.action))
    ]


def call(
    action: Mapping[str, Any], others: Sequence[Mapping[str, Any]], number: int, *, is_cut: bool
) -> dict[str, Any]:
    """One tool call; marks need the same tool on the other side."""
    arguments = action["arguments"]
    theirs = [other["arguments"] for other in others if other["tool"] == action["tool"]]
    part = f"action-{number}"
    if not isinstance(arguments, dict):
        text = told(pretty(arguments), part, is_cut=is_cut)
        return {"tool": action["tool"], **text, "differs": any(one != arguments for one in theirs), "arguments": []}
    marked = {name for one in theirs if isinstance(one, dict) for name in argument_differences(arguments, one)}
    shown = [
        {"name": name, "value": value["text"], "differs": name in marked, "part": value["part"]}
        for name, value in ((name, told(pretty(v), part, is_cut=is_cut)) for name, v in arguments.items())
    ]
    return {"tool": action["tool"], "text": None, "differs": False, "arguments": shown}


def entries(value: Any) -> list[Any]:
    """One or several, as a list; nothing as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def reply(entry: Any, part: str, *, is_cut: bool = False) -> dict[str, Any]:
    """What came back: who said it, how it begins, and all of it unless it is long in a long item (`part` then)."""
    role, content = spoken(entry)
    text = content if isinstance(content, str) else pretty(content)
    is_left_out = is_cut and len(text) > (TOLD if role == "user" else SEEN)
    return {
        "role": role,
        "label": LABELS.get(role, role),
        "content": text[:TOLD] if is_left_out and role == "user" else "" if is_left_out else pretty(text),
        "preview": preview(text),
        "is_short": len(text) <= PREVIEW and "\n" not in text.strip(),
        "part": part if is_left_out else "",
    }


def preview(text: str) -> str:
    """How a text begins, in one line, with an ellipsis where it goes on."""
    line = " ".join(text[: PREVIEW * 2].split())
    return line if len(line) <= PREVIEW and len(text) <= PREVIEW * 2 else line[:PREVIEW].rstrip() + " …"


def spoken(entry: Any) -> tuple[str, Any]:
    """Who said a part of an observation, and what."""
    is_message = isinstance(entry, dict) and "role" in entry and "content" in entry
    return (entry["role"], entry["content"]) if is_message else ("tool", entry)


def weight(step: Step) -> int:
    """Roughly how many characters a step's card takes; cheap, since it is asked of every step."""
    seen = sum(
        len(content) if isinstance(content := spoken(entry)[1], str) else SEEN for entry in entries(step.observation)
    )
    return seen + len(step.thought or "") + (len(step.action["say"]) if is_said(step) else TOLD // 4)


def passage(step: Step, part: str) -> str | None:
    """The whole text behind a card's `part`, None if the step has no such part."""
    name, _, count = part.partition("-")
    if name in ("state", "thought") and not count:
        found = step.state if name == "state" else step.thought
    elif part == "said" and is_said(step):
        found = step.action["say"]
    elif name in ("action", "observation") and count.isdecimal() and not (name == "action" and is_said(step)):
        listed = entries(step.action if name == "action" else step.observation)[int(count) : int(count) + 1]
        found = None if not listed else listed[0]["arguments"] if name == "action" else spoken(listed[0])[1]
    else:
        found = None
    return None if found is None else pretty(found)
