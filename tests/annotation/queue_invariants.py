"""The promises of the queue as queries: sampled while everybody works, and exact when all are still."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from annotation.models import Annotation, Event, Queue
from tests.annotation.queue_operations import Journal, Receipt

# Who changes a target, and who reopens an assignment, is noted by the database itself, in the same transaction.
WATCH = """
CREATE TABLE queue_watch (
    id bigserial PRIMARY KEY, item_id bigint, assignment_id bigint, was text, became text,
    xid xid8 DEFAULT pg_current_xact_id()
);
CREATE FUNCTION queue_watch_target() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO queue_watch (item_id, was, became) VALUES (new.id, old.target, new.target); RETURN NULL;
END $$;
CREATE FUNCTION queue_watch_state() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO queue_watch (item_id, assignment_id, was, became) VALUES (new.item_id, new.id, old.state, new.state);
    RETURN NULL;
END $$;
CREATE TRIGGER queue_watch_target AFTER UPDATE OF target ON annotation_item FOR EACH ROW
    WHEN (old.target <> new.target) EXECUTE FUNCTION queue_watch_target();
CREATE TRIGGER queue_watch_state AFTER UPDATE OF state ON annotation_assignment FOR EACH ROW
    WHEN (old.state <> 'open' AND old.state <> new.state) EXECUTE FUNCTION queue_watch_state();
"""
UNWATCH = """
DROP TABLE IF EXISTS queue_watch CASCADE;
DROP FUNCTION IF EXISTS queue_watch_target CASCADE;
DROP FUNCTION IF EXISTS queue_watch_state CASCADE;
"""
# Items whose slot is not what target and assignments say, and items with more people than wanted.
PLACES = """
WITH held AS (
    SELECT item_id, count(*) AS n FROM annotation_assignment
    WHERE queue_id = %(queue)s AND round = 0 AND state IN ('open', 'done') GROUP BY item_id
)
SELECT i.id, i.target, coalesce(h.n, 0), s.need, g.id IS NOT NULL
FROM annotation_item i LEFT JOIN held h ON h.item_id = i.id LEFT JOIN annotation_slot s ON s.item_id = i.id
LEFT JOIN annotation_gold g ON g.item_id = i.id
WHERE i.queue_id = %(queue)s AND (
    coalesce(s.need, 0) <> CASE WHEN g.id IS NULL THEN greatest(0, i.target - coalesce(h.n, 0)) ELSE 0 END
    OR g.id IS NULL AND coalesce(h.n, 0) > i.target)
"""
# The highest target that an item had since an earlier look.
HIGHEST = """
SELECT item_id, max(greatest(was::int, became::int)) FROM queue_watch
WHERE assignment_id IS NULL AND NOT pg_visible_in_snapshot(xid, %(since)s::pg_snapshot) GROUP BY item_id
"""
# What no row may break; each query returns what does.
BROKEN = {
    "two assignments open in one queue": """
        SELECT annotator_id FROM annotation_assignment WHERE queue_id = %(queue)s AND state = 'open'
        GROUP BY annotator_id HAVING count(*) > 1""",
    "lent twice in a round": """
        SELECT item_id, annotator_id, round FROM annotation_assignment WHERE queue_id = %(queue)s
        GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "done without one current answer, or the reverse": """
        SELECT a.id, a.state FROM annotation_assignment a
        LEFT JOIN annotation_annotation n ON n.assignment_id = a.id AND n.kind = 'answer'
            AND NOT EXISTS (SELECT 1 FROM annotation_annotation m WHERE m.supersedes_id = n.id)
        WHERE a.queue_id = %(queue)s GROUP BY a.id HAVING count(n.id) <> (a.state = 'done')::int""",
    "skipped without a skip": """
        SELECT id FROM annotation_assignment a WHERE queue_id = %(queue)s AND state = 'skipped' AND NOT EXISTS (
            SELECT 1 FROM annotation_annotation n WHERE n.assignment_id = a.id AND n.kind = 'skip')""",
    "a draft of what is answered or skipped": """
        SELECT a.id FROM annotation_draft d JOIN annotation_assignment a ON a.id = d.assignment_id
        WHERE a.queue_id = %(queue)s AND a.state = 'done'""",
}


@contextmanager
def watched() -> Iterator[None]:
    """The database notes changed targets and reopened assignments for the length of a with block."""
    with connection.cursor() as sql:
        sql.execute(UNWATCH + WATCH)
    try:
        yield
    finally:
        with connection.cursor() as sql:
            sql.execute(UNWATCH)


def rows(statement: str, **parameters: object) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as sql:
        sql.execute(statement, parameters)
        return list(sql.fetchall())


class Inspector:
    """Looks at the whole queue in one snapshot, again and again; what it saw last is part of the next judgement."""

    def __init__(self, queue: Queue, journal: Journal) -> None:
        self.queue, self.journal = queue, journal
        self.crowded: dict[int, int] = {}  # items with more people than wanted
        self.since = "1:1:"
        self.seen = 0  # receipts that were found in the table

    def look(self) -> None:
        """Complain of everything that is wrong in this moment."""
        with self.journal.lock:
            told = self.journal.receipts[self.seen :]
        with transaction.atomic(), connection.cursor() as sql:
            sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = [*self.misplaced(), *broken(self.queue)]
            stored = set(Annotation.objects.filter(pk__in=[r.annotation for r in told]).values_list("pk", flat=True))
        found += [f"{receipt} was acknowledged and is lost" for receipt in told if receipt.annotation not in stored]
        self.seen += len(told)
        for violation in found:
            self.journal.complain(violation)
        self.journal.count("looks at everything")

    def misplaced(self) -> Iterator[str]:
        """Slots that are wrong, and items that were lent when nobody was needed."""
        highest = {item: most for item, most in rows(HIGHEST, since=self.since)}
        (self.since,) = rows("SELECT pg_current_snapshot()::text")[0]
        crowded = {}
        for item, target, held, need, is_gold in rows(PLACES, queue=self.queue.pk):
            if (need or 0) != (0 if is_gold else max(0, target - held)):
                yield f"item {item} has a slot of {need}, target {target}, {held} people, gold: {is_gold}"
            if held > target and not is_gold:
                crowded[item] = held
                allowed = max(target, highest.get(item, 0), self.crowded.get(item, 0))
                if held > allowed:
                    yield f"item {item} was lent at need 0: {held} people, {allowed} were ever wanted"
        self.crowded = crowded


def broken(queue: Queue) -> Iterator[str]:
    """Rows that contradict each other."""
    for what, statement in BROKEN.items():
        for row in rows(statement, queue=queue.pk):
            yield f"{what}: {row}"


def lost_or_forged(queue: Queue, receipts: list[Receipt]) -> Iterator[str]:
    """Receipts against the table, both ways; withdrawals have no receipt."""
    given = Annotation.objects.filter(assignment__queue=queue).exclude(kind=Annotation.Kind.WITHDRAWAL)
    stored = {
        row.pk: (row.annotator_id, row.client_key, row.assignment_id, row.item_id, row.supersedes_id, choice_of(row))
        for row in given
    }
    told = {}
    for one in receipts:
        lent = one.lent
        shown = one.choice if not one.choice.isdigit() else "ab"[lent.order[int(one.choice) - 1]]
        told[one.annotation] = (one.annotator, one.key, lent.pk, lent.item, one.supersedes, shown)
    for pk in told.keys() | stored.keys():
        ours, theirs = told.get(pk), stored.get(pk)
        if ours is None:
            yield f"annotation {pk} is stored and was never acknowledged: {theirs}"
        elif theirs is None:
            yield f"annotation {pk} was acknowledged and is lost: {ours}"
        elif ours != theirs and not (ours[4] is None and ours[:4] + ours[5:] == theirs[:4] + theirs[5:]):
            yield f"annotation {pk} is {theirs}, acknowledged as {ours}"
    audited = sorted(Event.objects.filter(verb="annotation.submitted").values_list("subject", flat=True))
    if audited != sorted(one.annotation for one in receipts if one.choice and one.supersedes is None):
        yield "the audit log does not name every submitted answer once"


def choice_of(row: Annotation) -> str:
    """What the row says, empty for a skip."""
    return str(row.answer.get("choice", ""))


def histories(queue: Queue) -> Iterator[str]:
    """Each assignment's rows form one chain of one person, and only an undo takes back what is done."""
    chains = defaultdict(list)
    for row in Annotation.objects.filter(assignment__queue=queue).order_by("pk"):
        chains[row.assignment_id].append(row)
    for assignment, chain in chains.items():
        links = [row.supersedes_id for row in chain]
        if links != [None, *(row.pk for row in chain[:-1])]:
            yield f"the history of assignment {assignment} is no chain: {[(row.pk, row.kind, row.supersedes_id) for row in chain]}"
        if len({(row.annotator_id, row.item_id, row.round, tuple(row.order)) for row in chain}) > 1:
            yield f"the history of assignment {assignment} has several people, items or orders"
    taken_back = defaultdict(int)
    for (assignment,) in rows("SELECT assignment_id FROM queue_watch WHERE was = 'done'"):
        taken_back[assignment] += 1
    for assignment, chain in chains.items():
        if taken_back[assignment] != sum(row.kind == Annotation.Kind.WITHDRAWAL for row in chain):
            yield f"assignment {assignment} was reopened {taken_back[assignment]} times, and not by so many undos"


def sides(queue: Queue) -> Iterator[str]:
    """The order of sides alternates with the place, is reversed in a repeat, and is balanced over all."""
    order = {
        (item, who, round_): (place, list(shown), is_gold)
        for item, who, round_, place, shown, is_gold in rows(
            'SELECT a.item_id, a.annotator_id, a.round, a.place, a."order", g.id IS NOT NULL FROM annotation_assignment a '
            "LEFT JOIN annotation_gold g ON g.item_id = a.item_id WHERE a.queue_id = %(queue)s",
            queue=queue.pk,
        )
    }
    first = defaultdict(set)
    for (item, who, round_), (place, shown, _) in order.items():
        if round_ == 0:
            first[item].add(tuple(shown[::-1] if place % 2 else shown))
        elif round_ == 1 and (item, who, 0) in order and shown != order[item, who, 0][1][::-1]:
            yield f"the repeat of item {item} for {who} shows the same order again"
    yield from (f"item {item} does not alternate its sides" for item, orders in first.items() if len(orders) > 1)
    answered = [shown for (_, _, round_), (_, shown, is_gold) in order.items() if round_ == 0 and not is_gold]
    excess = abs(sum(1 if shown == [0, 1] else -1 for shown in answered))
    if excess > 5 * max(1, len(answered)) ** 0.5:
        yield f"one side was shown first {excess} times more often than the other, of {len(answered)}"
    # Two people may share a place only if one of them came back to an assignment that was closed before.
    for row in rows(
        """SELECT a.item_id, a.place FROM annotation_assignment a LEFT JOIN annotation_gold g ON g.item_id = a.item_id
        WHERE a.queue_id = %(queue)s AND a.round = 0 AND a.state IN ('open', 'done') AND g.id IS NULL AND NOT EXISTS (
            SELECT 1 FROM queue_watch w WHERE w.assignment_id = a.id AND w.was <> 'done')
        GROUP BY 1, 2 HAVING count(*) > 1""",
        queue=queue.pk,
    ):
        yield f"two people have the same place: {row}"


def everything(queue: Queue, journal: Journal) -> None:
    """All that must hold when nobody works."""
    Inspector(queue, journal).look()
    checks = [lost_or_forged(queue, journal.receipts), histories(queue), sides(queue)]
    for violation in (violation for check in checks for violation in check):
        journal.complain(violation)
