"""The sides of an item as one person sees them: their names and their order."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from annotation import prepared
from annotation.models import Assignment, Draft, Side
from flywheel.records import Step

NAMES = "ABCDEF"
TRACES = """
SELECT s.index, t.id, t.messages, t.steps FROM annotation_side s JOIN annotation_trace t ON t.id = s.trace_id
WHERE s.item_id = %(item)s
"""
WITH_IT = """
SELECT (SELECT g.version FROM annotation_guideline g WHERE g.project_id = %(project)s ORDER BY g.version DESC LIMIT 1),
    d.answer, d.saved_at
FROM (VALUES (%(assignment)s::bigint)) a (id) LEFT JOIN annotation_draft d ON d.assignment_id = a.id
"""


# The same of what this person has open, for the claim that opens it: nobody typed anything there yet.
LENT = """
SELECT s.index, t.id, t.messages, t.steps,
    (SELECT g.version FROM annotation_guideline g WHERE g.project_id = %(project)s ORDER BY g.version DESC LIMIT 1)
FROM annotation_assignment a JOIN annotation_side s ON s.item_id = a.item_id JOIN annotation_trace t ON t.id = s.trace_id
WHERE a.queue_id = %(queue)s AND a.annotator_id = %(me)s AND a.state = 'open'
"""


class ShownTrace(NamedTuple):
    """What a screen needs of a trace."""

    pk: int
    messages: list[dict[str, Any]]
    steps: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Spread:
    """What lies on a desk: the traces, first shown first, the guidelines' version to follow, and what was typed before."""

    traces: list[ShownTrace]
    guideline: int | None
    draft: Draft | None


def keep(assignment: Assignment, found: list[tuple[Any, ...]]) -> None:
    """Leave what came along with a claim (rows of LENT) on the assignment, for the page that shows it."""
    vars(assignment)["spread"] = Spread(in_order(assignment, [row[:4] for row in found]), found[0][4], None)


def spread(assignment: Assignment) -> Spread:
    """All that a person needs for an assignment of theirs, in one sending, or as it came along with the claim."""
    kept: Spread | None = vars(assignment).pop("spread", None)
    if kept is not None:
        return kept
    given = {"project": assignment.queue.project_id, "assignment": assignment.pk}
    found, [(version, answer, saved_at)] = prepared.together((TRACES, {"item": assignment.item_id}), (WITH_IT, given))
    draft = None if answer is None else Draft(assignment=assignment, answer=json.loads(answer), saved_at=saved_at)
    return Spread(in_order(assignment, found), version, draft)


def displayed_traces(assignment: Assignment) -> list[ShownTrace]:
    """The item's traces, first shown first; only what the screen needs is read."""
    return in_order(assignment, prepared.rows(TRACES, {"item": assignment.item_id}))


def in_order(assignment: Assignment, found: list[tuple[Any, ...]]) -> list[ShownTrace]:
    """Traces out of rows, as this person sees them."""
    by_index = {
        index: ShownTrace(trace, json.loads(messages), json.loads(steps)) for index, trace, messages, steps in found
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
