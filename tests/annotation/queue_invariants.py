"""The promises of the queue as queries: sampled while everybody works, and exact when all are still."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from annotation.models import Annotation, Queue
from tests.annotation.queue_journal import Journal

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
# The highest target that an item had since an earlier look. Numbers of transactions that died in a crash are used
# again, numbers of rows are not; numbers of rows are not in the order of commits, snapshots are.
HIGHEST = """
SELECT item_id, max(greatest(was::int, became::int)) FROM queue_watch
WHERE assignment_id IS NULL AND (id > %(last)s OR NOT pg_visible_in_snapshot(xid, %(since)s::pg_snapshot))
GROUP BY item_id
"""
NOW = "SELECT pg_current_snapshot()::text, coalesce(max(id), 0) FROM queue_watch"
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
        self.since, self.last = "1:1:", 0
        self.seen = 0  # receipts that were found in the table

    def look(self) -> None:
        """Complain of everything that is wrong in this moment."""
        with self.journal.lock:
            told = self.journal.receipts[self.seen :]
        with transaction.atomic(), connection.cursor() as sql:
            sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            ((since, last),) = rows(NOW)
            crowded, misplaced = self.misplaced()
            found = [*misplaced, *broken(self.queue)]
            stored = set(Annotation.objects.filter(pk__in=[r.annotation for r in told]).values_list("pk", flat=True))
        found += [f"{receipt} was acknowledged and is lost" for receipt in told if receipt.annotation not in stored]
        # Only now: a look that a crash broke off is made again from where the one before it ended.
        self.since, self.last, self.crowded = since, last, crowded
        self.seen += len(told)
        for violation in found:
            self.journal.complain(violation)
        self.journal.count("looks at everything")

    def misplaced(self) -> tuple[dict[int, int], list[str]]:
        """(items with more people than wanted, slots that are wrong and items that were lent when nobody was needed)."""
        highest = {item: most for item, most in rows(HIGHEST, since=self.since, last=self.last)}
        crowded, found = {}, []
        for item, target, held, need, is_gold in rows(PLACES, queue=self.queue.pk):
            if (need or 0) != (0 if is_gold else max(0, target - held)):
                found.append(f"item {item} has a slot of {need}, target {target}, {held} people, gold: {is_gold}")
            if held > target and not is_gold:
                crowded[item] = held
                allowed = max(target, highest.get(item, 0), self.crowded.get(item, 0))
                if held > allowed:
                    found.append(f"item {item} was lent at need 0: {held} people, {allowed} were ever wanted")
        return crowded, found


def broken(queue: Queue) -> Iterator[str]:
    """Rows that contradict each other."""
    for what, statement in BROKEN.items():
        for row in rows(statement, queue=queue.pk):
            yield f"{what}: {row}"
