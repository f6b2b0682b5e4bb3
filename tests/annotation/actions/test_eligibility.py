"""Who gets work from a queue: named people, skills, quotas, known answers first, and when the queue has enough."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import annotations, assignments, pool, queues
from annotation.errors import Invalid
from annotation.models import Annotation, Assignment, Event, Member, Reservation
from annotation.queries import eligible, golds
from tests.factories import GoldFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def annotator_of(queue):
    return person(queue.project, "annotator")


def work(queue, annotator, *, choice="1", now=NOW):
    """Claim the next item and answer it by its own side; None with the reason if there is nothing."""
    lent = assignments.claim(queue=queue, annotator=annotator, now=now)
    shown = str(lent.order.index(0) + 1) if choice == "a" else choice
    annotations.submit(
        assignment=lent, answer={"choice": shown}, client_key=f"key-{lent.pk}", active_seconds=5, now=now
    )
    return lent


def refusal(queue, annotator, *, now=NOW):
    with pytest.raises(assignments.NothingLeft) as raised:
        assignments.claim(queue=queue, annotator=annotator, now=now)
    return raised.value


def test_a_queue_of_named_people_lends_to_them_alone():
    queue = QueueFactory()
    ItemFactory.create_batch(2, queue=queue)
    ada, ben, mia = annotator_of(queue), annotator_of(queue), person(queue.project, "manager")
    queues.name_people(queue=queue, people=[ada], actor=mia, now=NOW)

    assert work(queue, ada)
    assert refusal(queue, ben).extra["reason"] == "not-qualified"


def test_only_annotators_of_the_project_can_be_named():
    queue = QueueFactory()
    stranger, mia = annotator_of(QueueFactory()), person(queue.project, "manager")

    with pytest.raises(Invalid, match="Only annotators of this project"):
        queues.name_people(queue=queue, people=[stranger], actor=mia, now=NOW)


def test_a_queue_that_needs_skills_lends_to_those_who_have_them_all():
    queue = QueueFactory(skills=["german", "law"])
    ItemFactory.create_batch(2, queue=queue)
    ada, ben = annotator_of(queue), annotator_of(queue)
    Member.objects.filter(user=ada).update(skills=["law", "german", "french"])
    Member.objects.filter(user=ben).update(skills=["law"])

    assert work(queue, ada)
    assert refusal(queue, ben).extra["reason"] == "not-qualified"


def test_a_daily_quota_ends_at_midnight():
    queue = QueueFactory(daily_quota=1)
    ItemFactory.create_batch(2, queue=queue)
    ada = annotator_of(queue)
    work(queue, ada)

    refused = refusal(queue, ada)

    assert (refused.extra["reason"], refused.extra["until"]) == ("quota", "2026-03-02T00:00:00+00:00")
    assert work(queue, ada, now=NOW + timedelta(days=1))


def test_a_quota_in_all_does_not_end():
    queue = QueueFactory(total_quota=1)
    ItemFactory.create_batch(2, queue=queue)
    ada, ben = annotator_of(queue), annotator_of(queue)
    work(queue, ada)

    assert refusal(queue, ada, now=NOW + timedelta(days=9)).extra == {"reason": "quota", "until": None}
    assert work(queue, ben)


def test_known_answers_come_before_real_work():
    queue = QueueFactory(qualify_on=2, qualify_share=1.0)
    ItemFactory(queue=queue)
    golds = {gold.item_id for gold in GoldFactory.create_batch(3, item__queue=queue)}
    ada = annotator_of(queue)

    first, second, third = (work(queue, ada, choice="a") for _ in range(3))

    assert {first.item_id, second.item_id} <= golds
    assert third.item_id not in golds


def test_too_many_wrong_known_answers_keep_somebody_from_real_work():
    queue = QueueFactory(qualify_on=2, qualify_share=0.6)
    ItemFactory(queue=queue)
    GoldFactory.create_batch(3, item__queue=queue)
    ada = annotator_of(queue)
    work(queue, ada, choice="a")
    work(queue, ada, choice="tie")

    refused = refusal(queue, ada)

    assert refused.extra["reason"] == "not-qualified"
    assert refused.sentence.startswith("1 of your first 2 answers agreed")


def test_a_queue_without_known_answers_left_says_so_to_those_who_must_qualify():
    queue = QueueFactory(qualify_on=1)
    ItemFactory(queue=queue)

    assert "starts with known answers" in refusal(queue, annotator_of(queue)).sentence


def test_a_queue_stops_by_itself_when_it_has_the_answers_it_asked_for():
    queue = QueueFactory(stop_after=1)
    ItemFactory.create_batch(2, queue=queue)
    work(queue, annotator_of(queue))

    pool.tend(now=NOW)
    pool.tend(now=NOW)

    queue.refresh_from_db()
    refused = refusal(queue, annotator_of(queue))
    assert queue.paused_at == NOW
    assert (refused.extra["reason"], "All 1 answers" in refused.sentence) == ("finished", True)
    assert Event.objects.filter(verb="queue.stopped").count() == 1


def test_what_is_open_can_be_finished_whatever_the_rules_say_now():
    queue = QueueFactory()
    ItemFactory(queue=queue)
    ada = annotator_of(queue)
    lent = assignments.claim(queue=queue, annotator=ada, now=NOW)
    queues.change(queue=queue, actor=person(queue.project, "manager"), now=NOW, skills=["law"], daily_quota=1)

    again = assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert (again.pk, again.state) == (lent.pk, Assignment.State.OPEN)


def test_a_known_answer_that_expired_or_was_passed_on_comes_back_to_who_must_qualify():
    queue = QueueFactory(qualify_on=2)
    GoldFactory.create_batch(2, item__queue=queue)
    ada = annotator_of(queue)
    first = assignments.claim(queue=queue, annotator=ada, now=NOW)
    assignments.expire_overdue(now=first.due_at)
    second = assignments.claim(queue=queue, annotator=ada, now=NOW)
    annotations.skip(assignment=second, reason="cannot judge", client_key="s", now=NOW)

    met = {work(queue, ada).item_id, work(queue, ada).item_id}

    assert met == {first.item_id, second.item_id}
    assert not Reservation.objects.exists()


def test_qualifying_goes_by_what_was_said_first():
    queue = QueueFactory(qualify_on=1, qualify_share=1.0)
    ItemFactory(queue=queue)
    GoldFactory(item__queue=queue)
    ada = annotator_of(queue)
    given = work(queue, ada, choice="tie").annotations.get()

    right = str(given.order.index(0) + 1)
    annotations.supersede(annotation=given, answer={"choice": right}, client_key="c", active_seconds=1, now=NOW)

    assert "0 of your first 1" in refusal(queue, ada).sentence
    [found] = eligible.candidates(queue, named=[], now=NOW)
    assert found.why_not == "got 0 of 1 known answers right"
    assert golds.met(Annotation.objects.all())[ada.pk] == [False]
