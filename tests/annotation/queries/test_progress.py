"""How far a queue is, as its annotators may see it."""

import pytest

from annotation.models import Round
from annotation.queries import progress
from tests.factories import AssignmentFactory, GoldFactory, ItemFactory, QueueFactory

pytestmark = pytest.mark.django_db


def test_known_answers_and_repeats_move_the_progress_as_normal_work_does():
    queue = QueueFactory(gold_share=0.2)
    items = ItemFactory.create_batch(8, queue=queue)
    seen = [progress.glance(queue)]

    for item, round_ in (
        (items[0], Round.NORMAL),
        (GoldFactory(item__queue=queue).item, Round.NORMAL),
        (items[0], Round.REPEAT),
    ):
        AssignmentFactory(item=item, round=round_, state="done")
        seen.append(progress.glance(queue))

    # 8 places, and a known answer for every four of them.
    assert [one["percent"] for one in seen] == [0, 10, 20, 30]
    assert {one["waiting"] for one in seen} == {10}


def test_nobody_waits_for_what_is_all_lent_out():
    lent = AssignmentFactory()

    assert progress.glance(lent.queue) == {"percent": 0, "waiting": 0}


def test_a_large_queue_is_counted_now_and_then(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(progress, "COUNTED_ALWAYS", 0)
    queue = QueueFactory()
    item = ItemFactory(queue=queue)
    assert progress.glance(queue)["percent"] == 0
    AssignmentFactory(item=item, state="done")

    with django_assert_num_queries(0):
        assert progress.glance(queue)["percent"] == 0

    later = progress.time.time() + 21
    monkeypatch.setattr(progress.time, "time", lambda: later)
    assert progress.glance(queue)["percent"] > 0
