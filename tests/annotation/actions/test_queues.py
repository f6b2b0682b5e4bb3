"""Queues: their rules, made and changed by managers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.actions import queues
from annotation.errors import Invalid
from annotation.models import Event, Project, Queue
from tests.factories import ProjectFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def create(project: Project, **rules: Any) -> Queue:
    return queues.create(project=project, actor=person(project, "manager"), now=NOW, **{"name": "Desk", **rules})


def test_a_new_queue_has_the_defaults_and_its_pool_is_filled_in_the_background():
    queue = create(ProjectFactory())

    rules = (queue.overlap, queue.second_share, queue.gold_share, queue.repeat_share, queue.exploration_share)
    assert rules == (1, 0.25, 0.05, 0.05, 0.15)
    assert (queue.lease_seconds, queue.repeat_after_hours) == (600, 24)
    assert ProcrastinateJob.objects.get().task_name == "items.pair"


@pytest.mark.parametrize(
    "rules, sentence",
    [
        ({"colour": "red"}, "no rule called colour"),
        ({"paused_at": NOW}, "no rule called paused_at"),
        ({"name": ""}, "Name"),
        ({"kind": "guess"}, "Kind"),
        ({"overlap": 0}, "overlap"),
        ({"overlap": 10**10}, "Overlap"),
        ({"gold_share": 1.5}, "Gold share"),
        ({"repeat_share": float("nan")}, "repeat_share"),
        ({"lease_seconds": 5}, "lease"),
        ({"batch_size": -1}, "Batch size"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, sentence):
    with pytest.raises(Invalid, match=sentence):
        create(ProjectFactory(), **rules)

    assert not Queue.objects.exists()


def test_a_name_is_given_once_in_a_project():
    project = ProjectFactory()
    create(project)
    create(ProjectFactory())

    with pytest.raises(Invalid):
        create(project)


def test_a_change_keeps_what_another_manager_did_meanwhile():
    queue = QueueFactory()
    as_the_form_knows_it = Queue.objects.get(pk=queue.pk)
    ada = person(queue.project, "manager")
    queues.pause(queue=queue, actor=ada, now=NOW)

    changed = queues.change(queue=as_the_form_knows_it, actor=ada, now=NOW, overlap=3)

    assert (changed.overlap, changed.paused_at) == (3, NOW)
    assert Queue.objects.get().paused_at == NOW


def test_the_log_names_what_changed_and_only_that():
    queue = QueueFactory(overlap=1)
    ada = person(queue.project, "manager")

    queues.change(queue=queue, actor=ada, now=NOW, name=queue.name, overlap=2, kind="compare")
    queues.change(queue=queue, actor=ada, now=NOW, overlap=2)

    assert Event.objects.get(verb="queue.changed").detail == {"overlap": 2}


def test_the_kind_of_a_queue_stays():
    queue = QueueFactory()

    with pytest.raises(Invalid, match="kind"):
        queues.change(queue=queue, actor=person(queue.project, "manager"), now=NOW, kind="correct")


def test_pausing_and_resuming_twice_is_logged_once():
    queue = QueueFactory()
    ada = person(queue.project, "manager")
    for act in (queues.pause, queues.pause, queues.resume, queues.resume):
        act(queue=queue, actor=ada, now=NOW)

    assert Queue.objects.get().paused_at is None
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == ["queue.paused", "queue.resumed"]
