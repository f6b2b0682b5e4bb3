"""New overlap rules for items that are drawn already: the preview says what then happens."""

import pytest
from django.utils import timezone

from annotation.actions import item_bulk, overlaps, retargets
from annotation.models import Item, Slot
from tests.factories import AnnotationFactory, AssignmentFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db


def open_places(queue):
    return sum(Slot.objects.filter(queue=queue).values_list("need", flat=True))


@pytest.fixture
def queue():
    """Two people an item: one item is answered twice, one once, one is lent, three wait; one is still in the pool."""
    queue = QueueFactory(overlap=2)
    for states in (("done", "done"), ("done",), ("open",), (), (), ()):
        item = ItemFactory(queue=queue)
        for state in states:
            AssignmentFactory(item=item, state=state)
    ItemFactory(queue=queue, batch=None)
    return queue


@pytest.mark.parametrize(("overlap", "second_share"), [(1, 0.0), (2, 0.0), (3, 0.0), (1, 0.5), (2, 1.0)])
def test_the_preview_equals_what_then_happens(queue, overlap, second_share):
    queue.overlap, queue.second_share = overlap, second_share
    foreseen, before = retargets.shift(queue), open_places(queue)
    queue.save()

    retargets.follow(queue=queue, now=timezone.now())

    assert open_places(queue) - before == foreseen.opened - foreseen.closed
    assert foreseen.is_exact
    assert retargets.shift(queue) == retargets.Shift(0, 0)
    assert retargets.follow(queue=queue, now=timezone.now()) == 0


def test_raised_and_lowered_places_are_told_apart(queue):
    queue.overlap = 3
    assert retargets.shift(queue) == retargets.Shift(opened=6, closed=0)

    queue.overlap = 1
    assert retargets.shift(queue) == retargets.Shift(opened=0, closed=5)


def test_a_sample_of_a_large_queue_is_scaled_up(queue, monkeypatch):
    monkeypatch.setattr(retargets, "SAMPLE", 3)
    queue.overlap = 3

    assert retargets.shift(queue) == retargets.Shift(opened=6, closed=0, is_exact=False)


def test_items_with_a_decision_of_their_own_keep_it():
    queue = QueueFactory(overlap=2, most_people=3)
    torn, closed = ItemFactory.create_batch(2, queue=queue)
    for choice in "ab":
        given = AnnotationFactory(assignment=AssignmentFactory(item=torn, state="done"), choice=choice)
    overlaps.widen(given.assignment, now=timezone.now())
    item_bulk.apply(
        deed="close", queue=queue, chosen=Item.objects.filter(pk=closed.pk),
        actor=person(queue.project, "manager"), now=timezone.now(),
    )  # fmt: skip
    queue.overlap = 1
    queue.save()

    retargets.follow(queue=queue, now=timezone.now())

    assert [Item.objects.get(pk=item.pk).target for item in (torn, closed)] == [3, 0]


def test_an_item_that_is_closed_while_the_rule_is_brought_to_others_stays_closed(monkeypatch):
    monkeypatch.setattr(retargets, "CHUNK", 1)
    queue = QueueFactory(overlap=1)
    _, second = ItemFactory.create_batch(2, queue=queue)
    manager, follow_chunk = person(queue.project, "manager"), retargets.follow_chunk

    def closing_meanwhile(*given):
        closed = Item.objects.filter(pk=second.pk)
        item_bulk.apply(deed="close", queue=queue, chosen=closed, actor=manager, now=timezone.now())
        return follow_chunk(*given)

    monkeypatch.setattr(retargets, "follow_chunk", closing_meanwhile)
    queue.overlap = 2
    queue.save()

    retargets.follow(queue=queue, now=timezone.now())

    assert [item.target for item in Item.objects.order_by("pk")] == [2, 0]
