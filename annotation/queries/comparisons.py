"""What an annotator sees of an item: its sides in displayed order, laid side by side, and nothing that would unblind."""

from collections.abc import Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any

from annotation.models import Assignment
from annotation.queries.choices import choices, correctable
from annotation.queries.sides import NAMES, displayed_traces, side
from flywheel.alignment import align, argument_differences
from flywheel.formats.messages import content_text
from flywheel.records import Step

PREVIEW = 96  # characters of a tool's reply shown before it is opened
LABELS = {"tool": "result", "function": "result"}
Card = dict[str, Any]
Block = dict[str, Any]


def screen(assignment: Assignment) -> dict[str, Any]:
    """The item as plain values: task, preamble, sides, blocks (fold, parting, row, final) and what can be corrected."""
    traces = displayed_traces(assignment)
    openings = [opening(trace.messages) for trace in traces]
    told = [[Step(**step) for step in trace.steps] for trace in traces]
    finals = [steps[-1] if steps and is_said(steps[-1]) else None for steps in told]
    bodies = [steps[:-1] if final else steps for steps, final in zip(told, finals, strict=True)]
    shared = all(one["asked"] == openings[0]["asked"] for one in openings)
    blocks: list[Block] = []
    if not shared:
        blocks.append({"kind": "row", "cards": [asked_card(n, one) for n, one in enumerate(openings)]})
    blocks += aligned(bodies) if len(bodies) == 2 else side_by_side(bodies)
    if any(finals):
        cards = [final and card(n, final, len(told[n])) for n, final in enumerate(finals)]
        blocks.append({"kind": "row", "cards": cards, "is_final": True})
    return {
        "task": openings[0]["asked"] if shared else "",
        "preambles": distinct(one["preamble"] for one in openings),
        "sides": [side(n, len(steps)) for n, steps in enumerate(told)],
        "blocks": with_parting(blocks, len(traces)),
        "choices": choices(len(traces)),
        "correctable": [option for n, trace in enumerate(traces) for option in correctable(n, trace)],
        "is_simple": all(len(steps) == 1 for steps in told),
    }


def opening(messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What stands before the agent's first turn: the standing instructions and what was asked."""
    before = []
    for message in messages:
        if message["role"] == "assistant":
            break
        before.append(message)
    instructions = [content_text(dict(m)) for m in before if m["role"] in ("system", "developer")]
    asked = [content_text(dict(m)) for m in before if m["role"] == "user"]
    return {"preamble": "\n\n".join(instructions), "asked": "\n\n".join(asked)}


def distinct(texts: Any) -> list[str]:
    """The texts without empty and repeated ones, in order."""
    return list(dict.fromkeys(text for text in texts if text))


def is_said(step: Step) -> bool:
    """True for a step that speaks instead of calling tools."""
    return isinstance(step.action, dict) and "say" in step.action


def aligned(bodies: Sequence[Sequence[Step]]) -> list[Block]:
    """Two runs as blocks: identical steps folded together, the others in rows."""
    first, second = bodies
    blocks: list[Block] = []
    for same, group in groupby(align(first, second).rows, key=lambda row: row.same):
        if same:
            blocks.append(folded([card(0, first[row.a], row.a + 1) for row in group if row.a is not None]))
            continue
        for row in group:
            left = None if row.a is None else first[row.a]
            right = None if row.b is None else second[row.b]
            cards = [
                left and card(0, left, (row.a or 0) + 1, right),
                right and card(1, right, (row.b or 0) + 1, left),
            ]
            blocks.append({"kind": "row", "cards": cards})
    return blocks


def folded(cards: list[Card]) -> Block:
    """Identical steps, shown once and closed; a short conversation stays open because it is the question."""
    tools = [call["tool"] for one in cards for call in one["calls"]]
    return {"kind": "fold", "cards": cards, "tools": distinct(tools), "is_open": not tools and len(cards) <= 4}


def side_by_side(bodies: Sequence[Sequence[Step]]) -> list[Block]:
    """Any number of runs, step beside step."""
    blocks: list[Block] = []
    for count, row in enumerate(zip_longest(*bodies), start=1):
        blocks.append({"kind": "row", "cards": [step and card(n, step, count) for n, step in enumerate(row)]})
    return blocks


def with_parting(blocks: list[Block], sides: int) -> list[Block]:
    """The blocks with a mark before the first one in which the sides differ, if anything stands before it."""
    first = next((index for index, block in enumerate(blocks) if block["kind"] != "fold"), len(blocks))
    if sides < 2 or first == 0:
        return blocks
    return [*blocks[:first], {"kind": "parting"}, *blocks[first:]]


def asked_card(number: int, one: Mapping[str, str]) -> Card:
    """What was asked, where it is not the same on every side."""
    return {"side": NAMES[number], "place": str(number + 1), "asked": one["asked"], "calls": [], "replies": []}


def card(number: int, step: Step, count: int, other: Step | None = None) -> Card:
    """One step for reading; arguments that differ from the other side's step are marked."""
    said = step.action["say"] if is_said(step) else None
    return {
        "side": NAMES[number],
        "place": str(number + 1),
        "number": count,
        "message": step.message,
        "thought": step.thought or "",
        "said": said,
        "calls": [] if said is not None else calls(step, other),
        "state": None if step.state is None else reply({"role": "state", "content": step.state}),
        "replies": [reply(entry) for entry in entries(step.observation)],
    }


def calls(step: Step, other: Step | None) -> list[dict[str, Any]]:
    """The step's tool calls with their arguments: [{tool, arguments: [{name, value, differs}] or text}]."""
    theirs = entries(other.action) if other is not None and not is_said(other) else []
    return [call(action, theirs[n] if n < len(theirs) else None) for n, action in enumerate(entries(step.action))]


def call(action: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, Any]:
    """One tool call; marks need the same tool on the other side."""
    arguments = action["arguments"]
    comparable = other is not None and other["tool"] == action["tool"]
    if not isinstance(arguments, dict):
        differs = comparable and other is not None and other["arguments"] != arguments
        return {"tool": action["tool"], "text": arguments, "differs": differs, "arguments": []}
    theirs = other["arguments"] if comparable and other is not None else None
    marked = argument_differences(arguments, theirs) if isinstance(theirs, dict) else set()
    shown = [{"name": name, "value": value, "differs": name in marked} for name, value in arguments.items()]
    return {"tool": action["tool"], "text": None, "differs": False, "arguments": shown}


def entries(value: Any) -> list[Any]:
    """One or several, as a list; nothing as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def reply(entry: Any) -> dict[str, Any]:
    """What came back: who said it, and how it begins."""
    is_message = isinstance(entry, dict) and "role" in entry and "content" in entry
    role, content = (entry["role"], entry["content"]) if is_message else ("tool", entry)
    start = " ".join(str(content)[: PREVIEW * 2].split())
    is_short = isinstance(content, str) and len(content) <= PREVIEW and "\n" not in content.strip()
    label = LABELS.get(role, role)
    return {"role": role, "label": label, "content": content, "preview": start[:PREVIEW], "is_short": is_short}
