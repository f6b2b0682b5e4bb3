"""The overlap rule, and bringing it to items that were drawn under another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

from annotation.actions import events, slots
from annotation.actions.claims import draw
from annotation.models import Event, Item, Queue
from annotation.queries.items import CLOSING, live

CHUNK = 1000
SAMPLE = 5_000  # items a preview looks at, at most


@dataclass(frozen=True, slots=True)
class Shift:
    """Places that would open and close; counted exactly, or scaled up from a sample of a large queue."""

    opened: int
    closed: int
    is_exact: bool = True


def target(queue: Queue, item: int) -> int:
    """How many people are asked: the overlap, and one more on the queue's share of items."""
    return queue.overlap + (draw(queue.seed, "second", item) < queue.second_share)


def shift(queue: Queue) -> Shift:
    """What `follow` would do now by the rules of `queue`, saved or not."""
    decided = decisions(queue)
    rows = drawn(queue).order_by("signature")  # a hash: the first are a sample by chance
    count = rows.count()
    opened = closed = seen = 0
    for item in rows.annotate(live=live())[:SAMPLE]:
        seen += 1
        wanted = max(0, new_target(queue, item, decided) - item.live)
        open_now = max(0, item.target - item.live)
        opened += max(0, wanted - open_now)
        closed += max(0, open_now - wanted)
    scale = count / seen if seen else 1.0
    return Shift(round(opened * scale), round(closed * scale), is_exact=seen == count)


def follow(*, queue: Queue, now: datetime) -> int:
    """Give every drawn item the target that the queue's rules say; returns how many changed.

    Items that were closed stay closed, and those that got more people for a reason of their own keep them.
    A chunk at a time, so that claims go on meanwhile; what is lent out or answered stays in any case.
    """
    decided = decisions(queue)
    changed = 0
    pks = drawn(queue).order_by("pk").values_list("pk", flat=True).iterator(CHUNK)
    while ids := list(islice(pks, CHUNK)):
        changed += follow_chunk(queue, ids, decided)
    if changed:
        events.record(
            "queue.retargeted", project=queue.project_id, actor=None, now=now, subject=queue.pk, items=changed
        )
    return changed


@transaction.atomic
def follow_chunk(queue: Queue, ids: list[int], decided: dict[int, str]) -> int:
    """The items of one chunk, locked in the order that everybody locks them in."""
    rows = Item.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    wrong = [item for item in rows if item.target != new_target(queue, item, decided)]
    for item in wrong:
        item.target = new_target(queue, item, decided)
    Item.objects.bulk_update(wrong, ["target"])
    slots.settle(item.pk for item in wrong)
    return len(wrong)


def new_target(queue: Queue, item: Item, decided: dict[int, str]) -> int:
    """The rule's target, unless something else decided about the item."""
    why = decided.get(item.pk)
    if why in CLOSING:
        return item.target
    return max(item.target, target(queue, item.pk)) if why else target(queue, item.pk)


def drawn(queue: Queue) -> QuerySet[Item]:
    """Items that the rule is about."""
    return Item.objects.filter(queue=queue.pk).drawn()


def decisions(queue: Queue) -> dict[int, str]:
    """item → why it got a target of its own, by the newest decision."""
    rows = Event.objects.filter(project=queue.project_id, verb="item.retargeted").order_by("pk")
    return dict(pairs(rows))


def pairs(rows: QuerySet[Event]) -> Iterator[tuple[int, str]]:
    """(item, reason) of each decision."""
    for subject, why in rows.values_list("subject", "detail__why").iterator(CHUNK):
        if subject is not None:
            yield subject, why
