"""The overlap rule, and bringing it to items that were drawn under another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

from annotation.actions import events, slots
from annotation.actions.claims import draw
from annotation.models import Item, Queue
from annotation.queries.items import CLOSING, decisions, live

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
    rows = drawn(queue).order_by("signature")  # a hash: the first are a sample by chance
    count = rows.count()
    sample = list(rows.annotate(live=live())[:SAMPLE])
    decided = decided_of(queue, sample)
    opened = closed = 0
    for item in sample:
        wanted = max(0, new_target(queue, item, decided) - item.live)
        open_now = max(0, item.target - item.live)
        opened += max(0, wanted - open_now)
        closed += max(0, open_now - wanted)
    scale = count / len(sample) if sample else 1.0
    return Shift(round(opened * scale), round(closed * scale), is_exact=len(sample) == count)


def follow(*, queue: Queue, now: datetime) -> int:
    """Give every drawn item the target that the queue's rules say; returns how many changed.

    Items that were closed stay closed, and those that got more people for a reason of their own keep them.
    A chunk at a time, so that claims go on meanwhile; what is lent out or answered stays in any case.
    """
    changed = 0
    pks = drawn(queue).order_by("pk").values_list("pk", flat=True).iterator(CHUNK)
    while ids := list(islice(pks, CHUNK)):
        changed += follow_chunk(queue, ids)
    if changed:
        events.record(
            "queue.retargeted", project=queue.project_id, actor=None, now=now, subject=queue.pk, items=changed
        )
    return changed


@transaction.atomic
def follow_chunk(queue: Queue, ids: list[int]) -> int:
    """The items of one chunk, locked in the order that everybody locks them in."""
    rows = list(Item.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    # Read under the locks: somebody may have closed an item while an earlier chunk was at work.
    decided = decided_of(queue, rows)
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


def decided_of(queue: Queue, items: Sequence[Item]) -> dict[int, str]:
    """item → why it got a target of its own, for those items that the rule alone would change."""
    return decisions(queue.project_id, [item.pk for item in items if item.target != target(queue, item.pk)])
