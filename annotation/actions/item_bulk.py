"""What a manager does to many items at once: one transaction, each change audited, the same again changes nothing."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from annotation.actions import items, slots
from annotation.actions.retargets import target
from annotation.errors import Invalid
from annotation.models import Event, Gold, Item, Queue, Slot, User
from annotation.models.slots import START
from annotation.queries import bulk

BOOSTED = 1
STEP = 1000  # how far one boost moves a slot to the front


@transaction.atomic
def apply(
    *,
    deed: str,
    queue: Queue,
    chosen: QuerySet[Item],
    actor: User,
    now: datetime,
    choice: str = "",
    source: str = "",
) -> int:
    """Do `deed` (one of queries.bulk.DEEDS) to those of the chosen items that it changes; returns how many.

    `choice` and `source` are the known answer of all of them and who says so, for gold only.
    """
    if deed not in bulk.DEEDS:
        raise Invalid(f"There is no such thing to do with items; choose among {', '.join(bulk.DEEDS)}.")
    # Batches are drawn under the queue's row: no item leaves the pool meanwhile.
    locked = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    wanted = list(bulk.changing(deed, locked, chosen).order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])
    if len(wanted) > bulk.MOST:
        raise Invalid(f"This would change more than {bulk.MOST:,} items; narrow the filter and do it in parts.")
    list(Item.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))
    # Once more, now that nobody else changes them: an answer may have come in before the lock.
    found = list(bulk.changing(deed, locked, Item.objects.filter(pk__in=wanted)).order_by("pk"))
    if deed == "gold":
        make_gold(locked, found, choice, source, actor=actor, now=now)
    elif deed in ("boost", "unboost"):
        boost(locked, found, BOOSTED if deed == "boost" else 0, actor=actor, now=now)
    else:
        retarget(deed, locked, found, actor=actor, now=now)
    return len(found)


def make_gold(queue: Queue, found: Sequence[Item], choice: str, source: str, *, actor: User, now: datetime) -> None:
    """Store the known answer of each; items of the pool have no slots to settle."""
    items.check_gold(queue=queue, choice=choice)
    Gold.objects.bulk_create(
        Gold(item=item, choice=choice, source=source[:200], author=actor, created_at=now) for item in found
    )
    record("gold.added", queue, found, [{}] * len(found), actor=actor, now=now)


def boost(queue: Queue, found: Sequence[Item], level: int, *, actor: User, now: datetime) -> None:
    """Store the boost and move what is open to its new place."""
    list(Slot.objects.select_for_update().filter(pk__in=[item.pk for item in found]).order_by("pk").values_list("pk"))
    for was in {item.boost for item in found}:
        moved = [item.pk for item in found if item.boost == was]
        Slot.objects.filter(pk__in=moved).update(ord=F("ord") - STEP * (level - was))
    details = [{"was": item.boost, "now_is": level} for item in found]
    record("item.boosted", queue, found, details, actor=actor, now=now)
    Item.objects.filter(pk__in=[item.pk for item in found]).update(boost=level)
    transaction.on_commit(partial(slots.lower_cursors, queue=queue.pk, ord_=START, item=0))


def retarget(deed: str, queue: Queue, found: Sequence[Item], *, actor: User, now: datetime) -> None:
    """Store how many people are asked from now on, and open or close places by it."""
    why = {"close": "closed", "reopen": "reopened", "one-more": "one more"}[deed]
    details = []
    for item in found:
        was, item.target = item.target, new_target(deed, queue, item)
        details.append({"was": was, "now_is": item.target, "why": why})
    Item.objects.bulk_update(found, ["target"], batch_size=STEP)
    record("item.retargeted", queue, found, details, actor=actor, now=now)
    slots.settle(item.pk for item in found)


def new_target(deed: str, queue: Queue, item: Item) -> int:
    """How many people the item is for after the deed; `answered` comes from queries.bulk."""
    answered: int = item.answered  # type: ignore[attr-defined]  # annotated
    if deed == "close":
        return answered
    if deed == "reopen":
        return max(answered + 1, target(queue, item.pk))
    return answered + 1


def record(
    verb: str, queue: Queue, found: Sequence[Item], details: Sequence[dict[str, Any]], *, actor: User, now: datetime
) -> None:
    """One line of the audit log for each item."""
    Event.objects.bulk_create(
        Event(project_id=queue.project_id, actor=actor, verb=verb, subject=item.pk, detail=detail, created_at=now)
        for item, detail in zip(found, details, strict=True)
    )
