"""Many items at once: the count said beforehand is what happens, the same again changes nothing, all is audited."""

import pytest
from django.utils import timezone

from annotation.actions import item_bulk, slots
from annotation.errors import Invalid
from annotation.models import Event, Gold, Item, Score, Slot
from annotation.queries import bulk
from tests.factories import AssignmentFactory, GoldFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    """Two people an item: waiting, lent, half answered, done, in the pool, and known."""
    queue = QueueFactory(overlap=2)
    ItemFactory(queue=queue, task="waiting")
    AssignmentFactory(item=ItemFactory(queue=queue, task="lent"), state="open")
    AssignmentFactory(item=ItemFactory(queue=queue, task="half"), state="done")
    done = ItemFactory(queue=queue, task="done")
    AssignmentFactory(item=done, state="done", place=0)
    AssignmentFactory(item=done, state="done", place=1)
    ItemFactory(queue=queue, task="pool", batch=None)
    GoldFactory(item__queue=queue, item__task="gold")
    return queue


def apply(queue, deed, *tasks, **more):
    """Do it to the items of these tasks, or to all."""
    chosen = Item.objects.filter(queue=queue, task__in=tasks) if tasks else Item.objects.filter(queue=queue)
    return item_bulk.apply(
        deed=deed, queue=queue, chosen=chosen, actor=person(queue.project, "manager"), now=timezone.now(), **more
    )


def target(queue, task):
    return Item.objects.get(queue=queue, task=task).target


GOLD = {"choice": "a", "source": "two experts"}


@pytest.mark.parametrize(
    ("deed", "changes"), [("boost", 5), ("unboost", 0), ("close", 3), ("reopen", 0), ("one-more", 1), ("gold", 1)]
)
def test_what_is_said_beforehand_happens_and_the_same_again_changes_nothing(queue, deed, changes):
    foreseen = bulk.changing(deed, queue, Item.objects.filter(queue=queue)).count()
    more = GOLD if deed == "gold" else {}

    first, again = apply(queue, deed, **more), apply(queue, deed, **more)

    assert (foreseen, first, again) == (changes, changes, 0)
    assert Event.objects.filter(project=queue.project).count() == changes
    for item in Item.objects.filter(queue=queue, gold__isnull=True, batch__isnull=False):
        live = item.assignments.filter(state__in=["open", "done"]).count()
        slot = Slot.objects.filter(item=item).first()
        assert (slot.need if slot else 0) == max(0, item.target - live)


def test_boosted_items_stand_before_all_others_and_go_back_to_their_place(queue):
    item = Item.objects.get(queue=queue, task="waiting")
    Score.objects.create(item=item, value=0.1, rule="hyb4", scored_at=timezone.now())
    slots.reorder(queue=queue.pk)
    before = Slot.objects.get(item=item).ord

    apply(queue, "boost", "waiting")
    first = Slot.objects.filter(queue=queue).order_by("ord").first()
    moved = slots.reorder(queue=queue.pk)
    apply(queue, "unboost", "waiting")

    assert first.item_id == item.pk and moved == 0
    assert Slot.objects.get(item=item).ord == before


def test_a_closed_item_asks_nobody_and_a_reopened_one_its_people_again(queue):
    apply(queue, "close")
    closed = [target(queue, task) for task in ("waiting", "lent", "half", "done")]
    apply(queue, "reopen")

    assert closed == [0, 0, 1, 2]
    assert [target(queue, task) for task in ("waiting", "lent", "half", "done")] == [2, 2, 2, 2]


def test_one_more_person_is_asked_of_what_is_done(queue):
    apply(queue, "one-more")

    assert target(queue, "done") == 3 and Slot.objects.get(item__task="done").need == 1
    assert target(queue, "waiting") == 2


def test_known_answers_need_a_choice_and_come_from_the_pool_only(queue):
    with pytest.raises(Invalid):
        apply(queue, "gold", choice="c", source="me")
    apply(queue, "gold", **GOLD)

    assert Gold.objects.get(item__task="pool").choice == "a"
    assert not Gold.objects.filter(item__task="waiting").exists()


def test_many_known_answers_take_no_more_statements_than_few(queue, django_assert_max_num_queries):
    ItemFactory.create_batch(30, queue=queue, task="many", batch=None)

    with django_assert_max_num_queries(20):
        apply(queue, "gold", "many", **GOLD)

    assert Gold.objects.filter(item__task="many").count() == 30
    assert Event.objects.filter(verb="gold.added").count() == 30


def test_more_than_the_cap_is_refused_and_nothing_changes(queue, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)

    with pytest.raises(Invalid, match="more than 2"):
        apply(queue, "close")

    assert target(queue, "waiting") == 2
