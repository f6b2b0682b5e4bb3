"""What many items and their sides hold, without a row as an object for each."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

SIDES = """
SELECT i.id, i.task, i.propensity,
    json_agg(json_build_array(t.messages, t.tools, p.name || '@' || p.version) ORDER BY s.index)::text
FROM annotation_item i
JOIN annotation_side s ON s.item_id = i.id
JOIN annotation_trace t ON t.id = s.trace_id
JOIN annotation_policy p ON p.id = t.policy_id
WHERE i.id = ANY(%s) GROUP BY i.id ORDER BY i.id
"""


class Told(NamedTuple):
    """An item and what its sides hold: (messages, tools, policy) each."""

    task: str
    propensity: float | None
    sides: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str]]


def told(items: Iterable[int]) -> dict[int, Told]:
    """item → what it and its sides hold, in item order; the sides are read as one text."""
    with connection.cursor() as sql:
        sql.execute(SIDES, [list(items)])
        return {item: Told(task, propensity, json.loads(sides)) for item, task, propensity, sides in sql.fetchall()}
