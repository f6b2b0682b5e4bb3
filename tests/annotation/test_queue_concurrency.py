"""The queue under many hands: never more than the target, no repeats, none lost, all filled in the end."""

import pytest

from annotation.models import Annotation
from tests.annotation import queue_drill
from tests.factories import QueueFactory, person


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
