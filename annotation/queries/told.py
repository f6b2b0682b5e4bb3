"""What items and their sides hold, without a row as an object for each, streamed in item order."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec
from django.db.models import QuerySet

from annotation.models import Annotation, Item, Queue
from annotation.queries.lines import rows, statement

SIDES = """
SELECT i.id, i.task, i.propensity, q.name, nullif(btrim(held.topic), ''), held.sides, {said}
FROM {items} JOIN annotation_queue q ON q.id = i.queue_id
CROSS JOIN LATERAL (
    SELECT max(left(t.tags->>'topic', 200)) FILTER (WHERE s.index = 0) AS topic,
        json_agg(json_build_array({texts}, p.name || '@' || p.version) ORDER BY s.index) AS sides
    FROM annotation_side s
    JOIN annotation_trace t ON t.id = s.trace_id
    JOIN annotation_policy p ON p.id = t.policy_id
    WHERE s.item_id = i.id
) held
ORDER BY i.id
"""
TEXTS, NO_TEXTS = "t.messages, t.tools", "NULL, NULL"
CHOSEN = "(SELECT * FROM annotation_item WHERE id IN ({chosen})) i"
NOTHING_SAID = "NULL, NULL"
ANSWERED = """(
    SELECT item_id, json_agg(json_build_array(pk, round, cardinality("order"), answer->'choice', answer->'ranking')
        ORDER BY round, pk) AS answers
    FROM ({answers}) a GROUP BY item_id
) given JOIN annotation_item i ON i.id = given.item_id
"""
SAID = """given.answers, (
    SELECT avg(v.probability ORDER BY v.id) FROM annotation_verdict v WHERE v.item_id = i.id{counted}
)"""
COUNTED = " AND v.id = ANY(%s)"
TYPES = ("int8", "text", "float8", "text", "text", "text", "text", "float8")
READ = msgspec.json.Decoder().decode  # several times as fast as json on long conversations; gives the same values

Side = tuple[list[dict[str, Any]], list[dict[str, Any]], str]


class Answer(NamedTuple):
    """An answer to an item: its id, its round, how many sides were shown, what was chosen, and the ranking if there is one."""

    pk: int
    round: int
    sides: int
    choice: str
    ranking: list[list[int]] | None


class Told(NamedTuple):
    """An item and what its sides hold: (messages, tools, policy) each, messages and tools None where nobody wants texts."""

    item: int
    task: str
    propensity: float | None
    queue: str
    topic: str | None
    sides: list[Side]


def told(items: QuerySet[Item], *, texts: bool = True) -> Iterator[Told]:
    """What these items hold, in item order; an item's topic is that of its first side."""
    chosen, values = statement(items.order_by().values("pk"))
    sql = SIDES.format(texts=TEXTS if texts else NO_TEXTS, said=NOTHING_SAID, items=CHOSEN.format(chosen=chosen))
    for item, task, propensity, queue, topic, sides, _, _ in rows(sql, values, TYPES):
        yield Told(item, task, propensity, queue, topic, READ(sides))


def answered(
    answers: QuerySet[Annotation], verdicts: Collection[int] | None = None
) -> Iterator[tuple[Told, list[Answer], float | None]]:
    """Compared items that these answers speak of, in item order, with them by round and age, and the judges' mean P(side 0).

    `verdicts` are those that count, all by default. One statement, so all is as of one moment.
    """
    compared = answers.filter(item__queue__kind=Queue.Kind.COMPARE).order_by()
    given, values = statement(compared.values("item_id", "pk", "round", "order", "answer"))
    said = SAID.format(counted="" if verdicts is None else COUNTED)
    counted = () if verdicts is None else (list(verdicts),)
    sql = SIDES.format(texts=TEXTS, said=said, items=ANSWERED.format(answers=given))
    for item, task, propensity, queue, topic, sides, spoken, probability in rows(sql, (*counted, *values), TYPES):
        yield (
            Told(item, task, propensity, queue, topic, READ(sides)),
            [Answer(*one) for one in READ(spoken)],
            probability,
        )
