"""The sides of an item as one person sees them: their names and their order."""

from typing import Any

from annotation.models import Assignment, Side, Trace
from flywheel.records import Step

NAMES = "ABCDEF"


def displayed_traces(assignment: Assignment) -> list[Trace]:
    """The item's traces, first shown first; only what the screen needs is read."""
    sides = Side.objects.filter(item_id=assignment.item_id).select_related("trace")
    sides = sides.only("index", "item_id", "trace__messages", "trace__steps")
    by_index = {side.index: side.trace for side in sides}
    return [by_index[index] for index in assignment.order]


def displayed_steps(assignment: Assignment) -> list[list[Step]]:
    """The steps of each side, first shown first, without the rest of the trace."""
    found = Side.objects.filter(item_id=assignment.item_id).values_list("index", "trace__steps")
    by_index = dict(found)
    return [[Step(**step) for step in by_index[index]] for index in assignment.order]


def side(number: int, count: int) -> dict[str, Any]:
    """A side's name on the screen, its key and how many steps it took."""
    return {"name": NAMES[number], "place": str(number + 1), "count": count}
