"""What many items and their sides hold, without a row as an object for each."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from django.db import connection

SIDES = """
SELECT i.id, i.task, i.propensity, q.name, nullif(btrim(left(t.tags->>'topic', 200)), ''),
    CASE WHEN %(texts)s THEN t.messages::text ELSE 'null' END, CASE WHEN %(texts)s THEN t.tools::text ELSE 'null' END,
    p.name || '@' || p.version
FROM annotation_item i
JOIN annotation_queue q ON q.id = i.queue_id
JOIN annotation_side s ON s.item_id = i.id
JOIN annotation_trace t ON t.id = s.trace_id
JOIN annotation_policy p ON p.id = t.policy_id
WHERE i.id = ANY(%(items)s) ORDER BY i.id, s.index
"""
READ = msgspec.json.Decoder().decode  # several times as fast as json on long conversations; gives the same values

Side = tuple[list[dict[str, Any]], list[dict[str, Any]], str]


class Told(NamedTuple):
    """An item and what its sides hold: (messages, tools, policy) each, messages and tools None where nobody wants texts."""

    task: str
    propensity: float | None
    queue: str
    topic: str | None
    sides: list[Side]


def told(items: Iterable[int], *, texts: bool = True) -> dict[int, Told]:
    """item → what it and its sides hold, in item order; its topic is that of the first side."""
    found: dict[int, Told] = {}
    with connection.cursor() as sql:
        sql.execute(SIDES, {"items": list(items), "texts": texts})
        for item, task, propensity, queue, topic, messages, tools, policy in sql.fetchall():
            if item not in found:
                found[item] = Told(task, propensity, queue, topic, [])
            found[item].sides.append((READ(messages), READ(tools), policy))
    return found
