"""What a manager may do to many items at once, and which of those chosen it would change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from annotation.models import Assignment, Item, Queue
from annotation.queries import items

MOST = 10_000  # items that one action changes, so that it is over before anybody waits for it


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do: its name on the button, and what happens, completing "{n} items …"."""

    label: str
    does: str


DEEDS = {
    "boost": Deed("Ask first", "are asked before everything that is not boosted"),
    "unboost": Deed("Ask in turn", "are asked in turn again"),
    "close": Deed("Close", "get no more people; what is lent out can still be answered"),
    "reopen": Deed("Reopen", "are asked again, of one more person at least"),
    "one-more": Deed("One more person", "are asked of one more person"),
    "gold": Deed("Make known answers", "become known answers; that cannot be undone"),
}


def chosen(queue: Queue, filters: Mapping[str, Any], ids: Collection[int] | None) -> QuerySet[Item]:
    """The items ticked, or with None all that match the filters."""
    if ids is not None:
        return Item.objects.filter(queue=queue, pk__in=ids)
    return items.listed(queue, filters)


def changing(deed: str, queue: Queue, found: QuerySet[Item]) -> QuerySet[Item]:
    """Those items that the deed would change; done again at once it changes none."""
    drawn = Q(batch__isnull=False, gold__isnull=True)
    answered = items.counted(Assignment.objects.filter(item=OuterRef("pk"), round=0, state=Assignment.State.DONE))
    lent = Assignment.objects.open().filter(item=OuterRef("pk"), round=0)
    is_closed = Q(pk__in=items.closed(queue), slot__isnull=True)
    conditions = {
        "boost": Q(boost=0, gold__isnull=True),
        "unboost": Q(boost__gt=0),
        "close": drawn & Q(answered__lt=F("target")),
        "reopen": drawn & is_closed,
        "one-more": drawn & Q(slot__isnull=True) & ~Q(Exists(lent)),
        "gold": Q(batch__isnull=True, gold__isnull=True),
    }
    return found.annotate(answered=answered).filter(conditions[deed])
