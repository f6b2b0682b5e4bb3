"""The queue under many hands: never more than the target, no repeats, none lost, all filled in the end."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotation.actions import assignments
from annotation.models import Annotation, Assignment, Queue, Slot, User
from tests.annotation import queue_drill
from tests.annotation.waiting import until
from tests.factories import ItemFactory, QueueFactory, person


def drill(items: int, clients: int) -> tuple[queue_drill.Outcome, list[str]]:
    queue = QueueFactory(overlap=3, lease_seconds=600)
    queue_drill.prepare(queue, items)
    people = [person(queue.project, "annotator") for _ in range(clients)]
    outcome = queue_drill.run(queue, people)
    return outcome, queue_drill.violations(queue)


@pytest.mark.django_db(transaction=True)
def test_eight_people_with_two_tabs_each_fill_every_item_exactly_three_times():
    outcome, violations = drill(items=100, clients=8)

    assert outcome.errors == []
    assert violations == []
    assert Annotation.objects.answers().count() == 300


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_thousand_items_are_filled_exactly_three_times():
    outcome, violations = drill(items=2000, clients=8)

    assert outcome.errors == []
    assert violations == []
    assert Annotation.objects.answers().count() == 6000


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waits_while_the_last_place_becomes_two_takes_one_of_them():
    item = ItemFactory(queue=QueueFactory(overlap=1))
    annotator = person(item.queue.project, "annotator")

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Slot.objects.filter(pk=item.pk).update(need=2)
            claim = threads.submit(claimed_elsewhere, item.queue, annotator)
            until(somebody_waits_for_us, "the claim waits for the slot")
        lent = claim.result(timeout=60)

    assert lent.item_id == item.pk
    assert Slot.objects.get(pk=item.pk).need == 1


def claimed_elsewhere(queue: Queue, annotator: User) -> Assignment:
    """A claim on a connection of its own."""
    try:
        return assignments.claim(queue=queue, annotator=annotator, now=timezone.now())
    finally:
        connection.close()


def somebody_waits_for_us() -> bool:
    """Whether another connection waits for a lock that this one holds."""
    with connection.cursor() as sql:
        sql.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return sql.fetchone()[0] > 0
