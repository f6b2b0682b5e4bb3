"""Lending items to people."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import annotations, assignments, slots
from annotation.models import Assignment, Item, Reservation, Slot
from tests.factories import AssignmentFactory, GoldFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def answer(assignment, choice="1"):
    return annotations.submit(
        assignment=assignment, answer={"choice": choice}, client_key=f"key-{assignment.pk}", active_seconds=5, now=NOW
    )


def annotator_of(queue):
    return person(queue.project, "annotator")


def test_claim_lends_the_most_urgent_item_first():
    queue = QueueFactory()
    urgent, idle = ItemFactory.create_batch(2, queue=queue)
    Slot.objects.filter(pk=urgent.pk).update(ord=1)
    Slot.objects.filter(pk=idle.pk).update(ord=900)

    lent = assignments.claim(queue=queue, annotator=annotator_of(queue), now=NOW)

    assert lent.item == urgent
    assert lent.due_at == NOW + timedelta(seconds=queue.lease_seconds)


def test_claim_returns_the_own_open_item_again_with_a_full_lease():
    queue = QueueFactory()
    ItemFactory.create_batch(2, queue=queue)
    ada = annotator_of(queue)
    first = assignments.claim(queue=queue, annotator=ada, now=NOW)

    again = assignments.claim(queue=queue, annotator=ada, now=NOW + timedelta(minutes=5))

    assert again.pk == first.pk
    assert again.due_at == NOW + timedelta(minutes=5, seconds=queue.lease_seconds)


def test_claim_stops_at_the_queues_overlap():
    full = AssignmentFactory(item__queue__overlap=1)

    with pytest.raises(assignments.NothingLeft) as refusal:
        assignments.claim(queue=full.queue, annotator=annotator_of(full.queue), now=NOW)

    assert refusal.value.extra["reason"] == "lent-out"


def test_nobody_gets_the_same_item_twice():
    queue = QueueFactory(overlap=3)
    ItemFactory(queue=queue)
    ada = annotator_of(queue)
    answer(assignments.claim(queue=queue, annotator=ada, now=NOW))

    with pytest.raises(assignments.NothingLeft) as refusal:
        assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert refusal.value.extra["reason"] == "finished"


def test_a_paused_queue_lends_nothing_and_says_so():
    queue = QueueFactory(paused_at=NOW)
    ItemFactory(queue=queue)

    with pytest.raises(assignments.NothingLeft) as refusal:
        assignments.claim(queue=queue, annotator=annotator_of(queue), now=NOW)

    assert refusal.value.extra["reason"] == "paused"


def test_the_daily_quota_ends_the_day():
    queue = QueueFactory(daily_quota=1)
    ItemFactory.create_batch(2, queue=queue)
    ada = annotator_of(queue)
    answer(assignments.claim(queue=queue, annotator=ada, now=NOW))

    with pytest.raises(assignments.NothingLeft) as refusal:
        assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert refusal.value.extra == {"reason": "quota", "until": "2026-03-02T00:00:00+00:00"}


def test_an_answer_that_was_changed_counts_once_towards_the_quota():
    queue = QueueFactory(daily_quota=2)
    ItemFactory.create_batch(2, queue=queue)
    ada = annotator_of(queue)
    given = answer(assignments.claim(queue=queue, annotator=ada, now=NOW))
    annotations.supersede(annotation=given, answer={"choice": "2"}, client_key="change", active_seconds=1, now=NOW)

    second = assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert second.item != given.item


def test_an_expired_item_goes_to_somebody_else():
    lent = AssignmentFactory(claimed_at=NOW)

    count = assignments.expire_overdue(now=LATER)
    other = assignments.claim(queue=lent.queue, annotator=annotator_of(lent.queue), now=LATER)

    assert count == 1
    assert other.item == lent.item


def test_somebody_alone_gets_an_expired_item_back():
    lent = AssignmentFactory(claimed_at=NOW)
    assignments.expire_overdue(now=LATER)

    again = assignments.claim(queue=lent.queue, annotator=lent.annotator, now=LATER)

    assert again.pk == lent.pk
    assert again.state == Assignment.State.OPEN


def test_somebody_gets_an_expired_item_back_even_after_another_held_it_meanwhile():
    lent = AssignmentFactory(claimed_at=NOW)
    other = annotator_of(lent.queue)
    assignments.expire_overdue(now=LATER)
    assignments.claim(queue=lent.queue, annotator=other, now=LATER)
    with pytest.raises(assignments.NothingLeft):
        assignments.claim(queue=lent.queue, annotator=lent.annotator, now=LATER)
    assignments.expire_overdue(now=LATER + timedelta(hours=1))

    again = assignments.claim(queue=lent.queue, annotator=lent.annotator, now=LATER + timedelta(hours=1))

    assert again.pk == lent.pk


def test_a_known_answer_that_was_given_back_is_asked_again():
    queue = QueueFactory(gold_share=1.0)
    GoldFactory(item__queue=queue)
    ada = annotator_of(queue)
    first = assignments.claim(queue=queue, annotator=ada, now=NOW)
    assignments.release(assignment=first, now=NOW)

    assert assignments.claim(queue=queue, annotator=ada, now=NOW).pk == first.pk


def test_readmissions_are_forgotten_once_every_place_is_answered():
    lent = AssignmentFactory(claimed_at=NOW, item__queue__repeat_share=1.0)
    assignments.expire_overdue(now=LATER)
    other = assignments.claim(queue=lent.queue, annotator=annotator_of(lent.queue), now=LATER)
    kept = assignments.drop_spent_readmissions()
    answer(other)

    dropped = assignments.drop_spent_readmissions()

    assert (kept, dropped) == (0, 1)
    assert Reservation.objects.get().round == 1


def test_release_gives_the_place_back():
    lent = AssignmentFactory(claimed_at=NOW)

    assignments.release(assignment=lent, now=NOW)

    assert Slot.objects.get(pk=lent.item_id).need == 1


def test_a_heartbeat_keeps_the_lease_and_is_refused_after_expiry():
    lent = AssignmentFactory(claimed_at=NOW)
    kept = assignments.heartbeat(assignment=lent, now=NOW + timedelta(minutes=9))
    assignments.expire_overdue(now=LATER)

    with pytest.raises(assignments.NotOpen):
        assignments.heartbeat(assignment=kept, now=LATER)

    assert kept.due_at > NOW + timedelta(minutes=18)


def test_sides_are_balanced_over_an_items_people():
    queue = QueueFactory(overlap=4)
    items = ItemFactory.create_batch(6, queue=queue)
    for _ in range(4):
        ada = annotator_of(queue)
        for _ in items:
            answer(assignments.claim(queue=queue, annotator=ada, now=NOW))

    for item in items:
        orders = sorted(item.assignments.values_list("order", flat=True))
        assert orders == [[0, 1], [0, 1], [1, 0], [1, 0]]


def test_gold_is_mixed_in_without_taking_a_place():
    queue = QueueFactory(gold_share=1.0)
    gold = GoldFactory(item__queue=queue)
    ItemFactory(queue=queue)
    ada = annotator_of(queue)

    first = assignments.claim(queue=queue, annotator=ada, now=NOW)
    answer(first)
    second = assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert first.item == gold.item
    assert second.item != gold.item
    assert not Slot.objects.filter(pk=gold.item_id).exists()


def test_a_repeat_comes_back_a_day_later_with_the_sides_swapped():
    queue = QueueFactory(repeat_share=1.0)
    ItemFactory(queue=queue)
    ada = annotator_of(queue)
    first = assignments.claim(queue=queue, annotator=ada, now=NOW)
    answer(first)
    reservation = Reservation.objects.get()

    second = assignments.claim(queue=queue, annotator=ada, now=NOW + timedelta(hours=24))

    assert reservation.due_at == NOW + timedelta(hours=24)
    assert second.round == 1
    assert second.order == first.order[::-1]


def test_a_repeat_is_no_vote_towards_overlap():
    queue = QueueFactory(repeat_share=1.0, overlap=2)
    item = ItemFactory(queue=queue)
    ada = annotator_of(queue)
    answer(assignments.claim(queue=queue, annotator=ada, now=NOW))

    again = assignments.claim(queue=queue, annotator=ada, now=NOW + timedelta(hours=24))
    answer(again)

    assert Slot.objects.get(pk=item.pk).need == 1


def test_nothing_left_while_the_next_batch_is_drawn():
    queue = QueueFactory()
    ItemFactory(queue=queue, batch=None)

    with pytest.raises(assignments.NothingLeft) as refusal:
        assignments.claim(queue=queue, annotator=annotator_of(queue), now=NOW)

    assert refusal.value.extra["reason"] == "drawing"


def test_lowering_the_target_keeps_what_is_lent():
    lent = AssignmentFactory(item__queue__overlap=3)
    Item.objects.filter(pk=lent.item_id).update(target=1)

    slots.settle([lent.item_id])

    assert not Slot.objects.filter(pk=lent.item_id).exists()
    assert Assignment.objects.get().state == Assignment.State.OPEN
