"""How many people an item gets: one more while they differ, and what skips do."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import annotations, assignments
from annotation.models import Event, Item, Reservation, Slot
from tests.factories import ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answered(queue, label):
    """Somebody new answers the next item: side a, side b, or a label."""
    lent = assignments.claim(queue=queue, annotator=person(queue.project, "annotator"), now=NOW)
    choice = str(lent.order.index("ab".index(label)) + 1) if label in "ab" else label
    annotations.submit(
        assignment=lent, answer={"choice": choice}, client_key=f"key-{lent.pk}", active_seconds=5, now=NOW
    )


def skipped(queue, annotator=None, *, now=NOW):
    lent = assignments.claim(queue=queue, annotator=annotator or person(queue.project, "annotator"), now=now)
    annotations.skip(assignment=lent, reason="cannot judge", client_key=f"skip-{lent.pk}", now=now)


def targets(queue, labels):
    """The item's target after each answer."""
    found = []
    for label in labels:
        answered(queue, label)
        found.append(Item.objects.get(queue=queue).target)
    return found


@pytest.mark.parametrize(
    "labels, expected",
    [
        (["a", "a"], [2, 2]),
        (["a", "b", "a"], [2, 3, 4]),
        (["a", "b", "b", "tie"], [2, 3, 4, 4]),
    ],
)
def test_one_more_person_is_asked_while_people_differ_up_to_the_limit(labels, expected):
    queue = QueueFactory(overlap=2, most_people=4)
    ItemFactory(queue=queue)

    assert targets(queue, labels) == expected


def test_a_queue_without_a_limit_asks_as_many_as_it_says():
    queue = QueueFactory(overlap=2)
    ItemFactory(queue=queue)

    assert targets(queue, ["a", "b"]) == [2, 2]
    assert not Slot.objects.exists()


def test_each_further_person_is_a_decision_in_the_log():
    queue = QueueFactory(overlap=2, most_people=3)
    item = ItemFactory(queue=queue)

    targets(queue, ["a", "b"])

    told = Event.objects.get(verb="item.retargeted")
    assert (told.subject, told.detail) == (item.pk, {"was": 2, "now_is": 3, "why": "disagreement"})


def test_a_skipped_item_goes_to_others():
    queue = QueueFactory()
    ItemFactory(queue=queue)
    ada = person(queue.project, "annotator")
    skipped(queue, ada)

    with pytest.raises(assignments.NothingLeft):
        assignments.claim(queue=queue, annotator=ada, now=NOW + timedelta(days=1))
    answered(queue, "a")


def test_a_skipped_item_comes_back_to_the_same_person_when_the_queue_says_so():
    queue = QueueFactory(skip_back_minutes=30)
    item = ItemFactory(queue=queue)
    ada = person(queue.project, "annotator")
    skipped(queue, ada)

    with pytest.raises(assignments.NothingLeft):
        assignments.claim(queue=queue, annotator=ada, now=NOW + timedelta(minutes=29))
    again = assignments.claim(queue=queue, annotator=ada, now=NOW + timedelta(minutes=30))

    assert (again.item, Reservation.objects.count()) == (item, 0)


def test_enough_skips_close_an_item_and_keep_its_answers():
    queue = QueueFactory(overlap=3, skip_closes_after=2)
    item = ItemFactory(queue=queue)
    answered(queue, "a")
    skipped(queue)
    before = Item.objects.get().target

    skipped(queue)

    assert (before, Item.objects.get().target) == (3, 1)
    assert not Slot.objects.exists()
    assert Event.objects.get(verb="item.retargeted").subject == item.pk


def test_a_changed_answer_that_makes_people_differ_asks_one_more():
    queue = QueueFactory(overlap=2, most_people=3)
    item = ItemFactory(queue=queue)
    targets(queue, ["a", "a"])

    changed = item.annotations.first()
    annotations.supersede(annotation=changed, answer={"choice": "tie"}, client_key="c", active_seconds=1, now=NOW)

    assert (Item.objects.get().target, Slot.objects.get().need) == (3, 1)


def test_an_answer_that_was_under_way_does_not_open_a_closed_item_again():
    queue = QueueFactory(overlap=3, most_people=4, skip_closes_after=1)
    ItemFactory(queue=queue)
    answered(queue, "a")
    ada = person(queue.project, "annotator")
    lent = assignments.claim(queue=queue, annotator=ada, now=NOW)
    skipped(queue)

    annotations.submit(assignment=lent, answer={"choice": "tie"}, client_key="k", active_seconds=5, now=NOW)

    assert Item.objects.get().target == 2 and not Slot.objects.exists()
