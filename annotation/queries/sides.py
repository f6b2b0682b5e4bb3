"""The sides of an item as one person sees them: their names and their order."""

import json
from typing import Any

from annotation import prepared
from annotation.models import Assignment, Side, Trace
from annotation.queries.desks import made
from flywheel.records import Step

NAMES = "ABCDEF"
TRACES = """
SELECT s.index, t.id, t.messages, t.steps FROM annotation_side s JOIN annotation_trace t ON t.id = s.trace_id
WHERE s.item_id = %(item)s
"""


def displayed_traces(assignment: Assignment) -> list[Trace]:
    """The item's traces, first shown first; only what the screen needs is read."""
    by_index = {
        index: made(Trace, ("id", "messages", "steps"), (trace, json.loads(messages), json.loads(steps)))
        for index, trace, messages, steps in prepared.rows(TRACES, {"item": assignment.item_id})
    }
    return [by_index[index] for index in assignment.order]


def displayed_steps(assignment: Assignment) -> list[list[Step]]:
    """The steps of each side, first shown first, without the rest of the trace."""
    found = Side.objects.filter(item_id=assignment.item_id).values_list("index", "trace__steps")
    by_index = dict(found)
    return [[Step(**step) for step in by_index[index]] for index in assignment.order]


def side(number: int, count: int) -> dict[str, Any]:
    """A side's name on the screen, its key and how many steps it took."""
    return {"name": NAMES[number], "place": str(number + 1), "count": count}
