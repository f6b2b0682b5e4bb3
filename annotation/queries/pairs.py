"""Sides of items two by two, as the statistics and the judges see them, streamed."""

from collections.abc import Iterator
from itertools import combinations

from django.db.models import QuerySet

from annotation.models import Item, Project, Queue
from annotation.queries.told import Told, told
from flywheel.differences import shared_prefix
from flywheel.records import Pair


def pair_id(item: int | str, i: int, j: int, count: int) -> str:
    """What two sides of an item are called: the item itself if it has no others, else ITEM:i-j."""
    return str(item) if count == 2 else f"{item}:{i}-{j}"


def compared(project: Project) -> QuerySet[Item]:
    """Items that can be voted on; their task is the unit of independence."""
    return Item.objects.filter(queue__project=project, queue__kind=Queue.Kind.COMPARE).order_by("pk")


def pairs(project: Project) -> Iterator[Pair]:
    """Every item's sides, two by two."""
    yield from pairs_of(compared(project))


def pairs_of(items: QuerySet[Item], *, texts: bool = True) -> Iterator[Pair]:
    """The sides of these items two by two: shared prompt, then what each side went on with; or without texts."""
    for found in told(items, texts=texts):
        for i, j in combinations(range(len(found.sides)), 2):
            yield pair_of(found, i, j, texts=texts)


def pair_of(found: Told, i: int, j: int, *, texts: bool = True) -> Pair:
    """Sides i and j of an item: shared prompt, then what each went on with; or without texts."""
    (a, _, policy_a), (b, _, policy_b) = found.sides[i], found.sides[j]
    prefix = shared_prefix(a, b) if texts else 0
    return Pair(
        item=pair_id(found.item, i, j, len(found.sides)),
        cluster=found.task,
        prompt=a[:prefix] if texts else "",
        a=a[prefix:] if texts else "",
        b=b[prefix:] if texts else "",
        generator_a=policy_a,
        generator_b=policy_b,
        topic=found.topic,
        queue=found.queue,
    )
