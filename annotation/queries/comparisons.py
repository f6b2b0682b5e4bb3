"""What an annotator sees of an item: its sides in displayed order, laid side by side, and nothing that would unblind."""

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby
from typing import Any

from annotation.models import Assignment
from annotation.queries.cards import Card, asked_card, card, entries, is_said, weight
from annotation.queries.sides import NAMES, ShownTrace, side
from flywheel.alignment import Row, align
from flywheel.formats.messages import content_text
from flywheel.records import Step

LIGHT = 40_000  # characters of an item that is shown whole; of a heavier one, long texts come when they are opened
ROWS = 40  # differing rows on the screen at first
STRETCH = 40  # rows in each of the folds that hold those behind them
Block = dict[str, Any]
Numbered = tuple[int, Row]


def screen(assignment: Assignment, traces: Sequence[ShownTrace]) -> dict[str, Any]:
    """The item as plain values: task, preamble, sides, blocks (fold, parting, row) and the final answers that can be compared.

    `traces` in displayed order. `is_long`: texts were left out of the blocks, and are served by the assignment's own
    addresses.
    """
    openings = [opening(trace.messages) for trace in traces]
    steps = [[Step(**step) for step in trace.steps] for trace in traces]
    bodies, finals = parted(steps)
    # An item that nobody has been lent has no addresses to fetch from.
    is_long = assignment.pk is not None and sum(weight(step) for body in bodies for step in body) > LIGHT
    shared = all(one["asked"] == openings[0]["asked"] for one in openings)
    blocks: list[Block] = []
    if not shared:
        blocks.append({"kind": "row", "cards": [asked_card(n, one) for n, one in enumerate(openings)]})
    blocks += laid(bodies, is_long=is_long)
    if any(finals):
        cards = [final and card(n, final, len(steps[n])) for n, final in enumerate(finals)]
        is_same = all(finals) and len({final.action["say"] for final in finals if final}) == 1
        blocks.append({"kind": "row", "cards": cards, "is_final": True, "is_same": is_same})
    is_simple = all(len(told) == 1 for told in steps)
    return {
        "task": openings[0]["asked"] if shared else "",
        "preambles": distinct(one["preamble"] for one in openings),
        "sides": [side(n, len(told)) for n, told in enumerate(steps)],
        "blocks": blocks if is_simple else with_parting(blocks, len(traces)),
        "is_simple": is_simple,
        "is_long": is_long,
        "word_diffs": word_diffs(finals) if assignment.pk is not None else [],
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


def parted(steps: Sequence[list[Step]]) -> tuple[list[list[Step]], list[Step | None]]:
    """Each run without its final answer, and that answer, None for a run that ends otherwise."""
    finals = [told[-1] if told and is_said(told[-1]) else None for told in steps]
    return [told[:-1] if final else told for told, final in zip(steps, finals, strict=True)], finals


def word_diffs(finals: Sequence[Step | None]) -> list[dict[str, str]]:
    """The pairs of final answers that can be compared word by word; of many sides, each with the first."""
    said = [(n, final.action["say"]) for n, final in enumerate(finals) if final]
    pairs = [(a, b) for a, b in combinations(said, 2) if a[1] != b[1]]
    return [
        {"left": str(a + 1), "right": str(b + 1), "words": f"{NAMES[a]} and {NAMES[b]}"}
        for (a, _), (b, _) in pairs
        if a == said[0][0]
    ]


def rows_of(bodies: Sequence[Sequence[Step]]) -> tuple[Row, ...]:
    """The aligned rows; the steps of a single run have nothing to be the same as."""
    if len(bodies) == 1:
        return tuple(Row((n,), False) for n in range(len(bodies[0])))
    return align(bodies).rows


def laid(bodies: Sequence[Sequence[Step]], *, is_long: bool) -> list[Block]:
    """Runs as blocks: identical steps folded together, the others in rows; of a long item only the first rows."""
    rows = list(enumerate(rows_of(bodies)))
    differing = [place for place, row in rows if not row.same]
    end = differing[ROWS] if is_long and len(differing) > ROWS else len(rows)
    blocks: list[Block] = []
    for same, group in groupby(rows[:end], key=lambda numbered: numbered[1].same):
        if same:
            blocks.append(folded(bodies, list(group), is_long=is_long))
        else:
            blocks += [beside(bodies, row, is_cut=is_long) for _, row in group]
    return blocks + [later(bodies, rows[start : start + STRETCH]) for start in range(end, len(rows), STRETCH)]


def folded(bodies: Sequence[Sequence[Step]], rows: Sequence[Numbered], *, is_long: bool) -> Block:
    """Identical steps, shown once and closed; a short conversation stays open because it is the question."""
    if is_long:
        return later(bodies, rows)
    cards = [shared(bodies, row) for _, row in rows]
    tools = distinct(call["tool"] for one in cards for call in one["calls"])
    is_open = not tools and len(cards) <= 4
    return {"kind": "fold", "cards": cards, "count": len(cards), "tools": tools, "is_open": is_open, "differing": 0}


def later(bodies: Sequence[Sequence[Step]], rows: Sequence[Numbered]) -> Block:
    """Rows that are fetched when they are wanted, `start` to `stop`."""
    taken = (
        entries(bodies[n][index].action) for _, row in rows for n, index in enumerate(row.steps) if index is not None
    )
    return {
        "kind": "fold",
        "cards": [],
        "count": len(rows),
        "tools": distinct(action.get("tool") for actions in taken for action in actions),
        "is_open": False,
        "differing": sum(not row.same for _, row in rows),
        "start": rows[0][0],
        "stop": rows[-1][0] + 1,
    }


def shared(bodies: Sequence[Sequence[Step]], row: Row, *, is_cut: bool = False) -> Card:
    """The one card of a row in which nothing differs."""
    index = row.steps[0] or 0
    return card(0, bodies[0][index], index + 1, is_cut=is_cut)


def beside(bodies: Sequence[Sequence[Step]], row: Row, *, is_cut: bool) -> Block:
    """A row: a card for each side that has this step, None for the others."""
    steps = [None if index is None else body[index] for body, index in zip(bodies, row.steps, strict=True)]
    cards: list[Card | None] = []
    for n, (step, index) in enumerate(zip(steps, row.steps, strict=True)):
        others = [other for m, other in enumerate(steps) if other is not None and m != n]
        cards.append(None if step is None or index is None else card(n, step, index + 1, others, is_cut=is_cut))
    return {"kind": "row", "cards": cards}


def with_parting(blocks: list[Block], sides: int) -> list[Block]:
    """The blocks with a mark before the first one in which the sides differ."""
    differing = (n for n, block in enumerate(blocks) if not block.get("is_same") and block.get("differing") != 0)
    first = next(differing, None)
    if sides < 2 or first is None:
        return blocks
    return [*blocks[:first], {"kind": "parting"}, *blocks[first:]]
