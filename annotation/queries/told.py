"""What many items and their sides hold, without a row as an object for each."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

SIDES = """
SELECT i.id, i.task, i.propensity, q.name, nullif(btrim((array_agg(left(t.tags->>'topic', 200) ORDER BY s.index))[1]), ''),
    json_agg(json_build_array(
        CASE WHEN %(texts)s THEN t.messages END, CASE WHEN %(texts)s THEN t.tools END, p.name || '@' || p.version
    ) ORDER BY s.index)::text
FROM annotation_item i
JOIN annotation_queue q ON q.id = i.queue_id
JOIN annotation_side s ON s.item_id = i.id
JOIN annotation_trace t ON t.id = s.trace_id
JOIN annotation_policy p ON p.id = t.policy_id
WHERE i.id = ANY(%(items)s) GROUP BY i.id, q.id ORDER BY i.id
"""


class Told(NamedTuple):
    """An item and what its sides hold: (messages, tools, policy) each, messages and tools None where nobody wants texts."""

    task: str
    propensity: float | None
    queue: str
    topic: str | None
    sides: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str]]


def told(items: Iterable[int], *, texts: bool = True) -> dict[int, Told]:
    """item → what it and its sides hold, in item order; the sides are read as one text."""
    with connection.cursor() as sql:
        sql.execute(SIDES, {"items": list(items), "texts": texts})
        return {item: Told._make((*facts, json.loads(sides))) for item, *facts, sides in sql.fetchall()}
