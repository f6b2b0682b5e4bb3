"""The preview of a queue's rules: what it says about pool, answers, hours and people."""

from datetime import UTC, datetime

import pytest

from annotation.actions import queues
from annotation.queries import previews
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    ItemFactory,
    ProjectFactory,
    QueueFactory,
    TraceFactory,
    person,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


def foreseen(queue, *, named=(), **rules):
    own = {rule: getattr(queue, rule) for rule in queues.SETTABLE}
    return previews.preview(queue, {**own, **rules}, named=named, now=NOW)


@pytest.fixture
def queue():
    """Ten items in the pool, of which two have a failed run; two people answered, in 20 and in 40 seconds."""
    queue = QueueFactory()
    for number in range(10):
        runs = TraceFactory.create_batch(2, project=queue.project, outcome="failure" if number < 2 else "success")
        ItemFactory(queue=queue, batch=None, traces=runs)
    for seconds in (20, 40):
        lent = AssignmentFactory(item=ItemFactory(queue=queue), state="done", closed_at=NOW)
        AnnotationFactory(assignment=lent, active_seconds=seconds)
    return queue


def test_all_of_the_pool_enters_by_default_and_costs_the_median_time(queue):
    found = foreseen(queue)

    assert (found.pool, found.entering, found.answers) == (10, 10, 10)
    assert found.hours == pytest.approx(10 * 30 / 3600)


def test_rules_of_entry_and_overlap_change_what_is_asked_and_nothing_is_saved(queue):
    found = foreseen(queue, enqueue={"outcomes": ["failure"]}, overlap=3)

    assert (found.pool, found.entering, found.answers) == (10, 2, 6)
    queue.refresh_from_db()
    assert (queue.enqueue, queue.overlap) == ({}, 1)


def test_the_stop_rule_caps_the_answers(queue):
    assert foreseen(queue, stop_after=5).answers == 3


def test_who_gets_work_follows_the_rules_in_the_form(queue):
    found = foreseen(queue, skills=["German"])

    assert (len(found.asked), len(found.kept_out)) == (0, 2)
    assert {one.why_not for one in found.kept_out} == {"lacks German"}


def test_a_new_queue_has_no_pool_yet_but_people_and_the_times_of_its_kind(queue):
    new = previews.Queue(project=queue.project)
    other = previews.Queue(project=ProjectFactory())
    person(other.project, "annotator")

    assert (foreseen(new).entering, foreseen(new).seconds, len(foreseen(new).asked)) == (0, 30, 2)
    assert (foreseen(other).seconds, foreseen(other).hours, len(foreseen(other).asked)) == (None, None, 1)
