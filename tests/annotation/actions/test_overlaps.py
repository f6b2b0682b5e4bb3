"""How many people an item gets: one more while they differ, and what skips do."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from uuid import uuid4

import pytest

from annotation.actions import annotations, assignments
from annotation.models import Event, Item, Reservation, Slot, Weighing
from tests.factories import ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answered(queue, label, annotator=None):
    """Somebody new answers the next item: side a, side b, or a label."""
    lent = assignments.claim(queue=queue, annotator=annotator or person(queue.project, "annotator"), now=NOW)
    choice = str(lent.order.index("ab".index(label)) + 1) if label in "ab" else label
    annotations.submit(
        assignment=lent, answer={"choice": choice}, client_key=f"key-{lent.pk}", active_seconds=5, now=NOW
    )


def skipped(queue, annotator=None, *, now=NOW):
    lent = assignments.claim(queue=queue, annotator=annotator or person(queue.project, "annotator"), now=now)
    annotations.skip(assignment=lent, reason="cannot judge", client_key=f"skip-{lent.pk}", now=now)


def targets(queue, labels, people=()):
    """The item's target after each answer, of these people or of new ones; who finds nothing left says nothing."""
    found = []
    for label, annotator in zip_longest(labels, people):
        with suppress(assignments.NothingLeft):
            answered(queue, label, annotator)
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


@pytest.mark.parametrize(
    ("accuracies", "labels", "expected"),
    [
        ([0.95, 0.95, 0.6], ["a", "b", "a"], [2, 3, 4]),  # two reliable people against each other
        ([0.97, 0.6, 0.9], ["a", "b", "a"], [2, 2, 2]),  # what the reliable one says is sure
        ([0.7, 0.7, 0.7], ["a", "b", "a"], [2, 3, 4]),
        ([0.9, 0.9, 0.9], ["a", "b", "a"], [2, 3, 3]),  # two of three reliable people settle it
    ],
)
def test_nobody_more_is_asked_once_reliable_people_settle_it(accuracies, labels, expected):
    queue = QueueFactory(overlap=2, most_people=4)
    ItemFactory(queue=queue)
    people = [person(queue.project, "annotator") for _ in labels]
    known = {str(one.pk): right for one, right in zip(people, accuracies, strict=True)}
    Weighing.objects.create(queue=queue, run=uuid4(), last_annotation=0, people=known, weighed_at=NOW)

    assert targets(queue, labels, people) == expected


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
