"""The promises about what was answered: exact, looked up when nobody works."""

from collections import defaultdict
from collections.abc import Iterator

from annotation.models import Annotation, Event, Queue
from tests.annotation.queue_invariants import Inspector, rows
from tests.annotation.queue_journal import Journal, Receipt


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
