"""Answers: given, changed, taken back, refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from annotation.actions import annotations, assignments
from annotation.errors import Invalid
from annotation.models import Annotation, Assignment, Draft, Event, Reservation, Slot
from tests.factories import AnnotationFactory, AssignmentFactory, ItemFactory, QueueFactory, TraceFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def submit(assignment, *, key="key", now=NOW, **answer):
    return annotations.submit(
        assignment=assignment, answer={"choice": "1"} | answer, client_key=key, active_seconds=5, now=now
    )


def test_an_answer_is_stored_in_undisplayed_terms():
    swapped = AssignmentFactory(order=[1, 0], claimed_at=NOW)

    given = submit(swapped, choice="1")

    assert given.answer["choice"] == "b"
    assert given.order == [1, 0]


def test_an_answer_records_what_cannot_be_added_later():
    lent = AssignmentFactory(claimed_at=NOW - timedelta(seconds=30))

    given = submit(lent)

    item = lent.item
    assert (given.batch_id, given.selected_by, given.propensity) == (item.batch_id, "entropy", 0.5)
    assert given.policies == [side.trace.policy_id for side in item.sides.order_by("index")]
    assert (given.shown_at, given.answered_at) == (lent.claimed_at, NOW)
    assert given.is_judge_visible is False


def test_active_seconds_cannot_exceed_the_time_since_shown():
    lent = AssignmentFactory(claimed_at=NOW - timedelta(seconds=3))

    assert submit(lent).active_seconds == 3


@pytest.mark.parametrize("told, kept", [(float("nan"), 0), (float("inf"), 3), (-1.0, 0)])
def test_impossible_active_seconds_are_brought_into_range(told, kept):
    lent = AssignmentFactory(claimed_at=NOW - timedelta(seconds=3))

    given = annotations.submit(assignment=lent, answer={"choice": "1"}, client_key="key", active_seconds=told, now=NOW)

    assert given.active_seconds == kept


def test_the_same_submit_again_returns_the_first():
    lent = AssignmentFactory(claimed_at=NOW)

    first, again = submit(lent), submit(lent, choice="2")

    assert again == first
    assert Annotation.objects.count() == 1


def test_another_submit_of_a_done_item_is_refused():
    lent = AssignmentFactory(claimed_at=NOW)
    submit(lent)

    with pytest.raises(annotations.AlreadyAnswered):
        submit(lent, key="another")


def test_a_key_cannot_be_used_for_two_items():
    ada_has = AssignmentFactory(claimed_at=NOW)
    also = AssignmentFactory(annotator=ada_has.annotator, claimed_at=NOW)
    submit(ada_has)

    with pytest.raises(Invalid):
        submit(also)


@pytest.mark.parametrize(
    "answer",
    [
        {"choice": None},
        {"choice": "3"},
        {"choice": ["1"]},
        {"choice": "1", "rationale": 5},
        {"choice": "1", "rationale": "nul \x00"},
        {"choice": "1", "correction": {"side": "1", "message": 0, "content": "not the agent's message"}},
        {"choice": "1", "correction": {"side": "1", "message": 99, "content": "x"}},
        {"choice": "1", "correction": {"side": "1", "message": 3, "content": "  "}},
        {"choice": "1", "correction": {"side": "9", "message": 3, "content": "x"}},
        {"choice": "1", "correction": "rewrite it"},
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused_and_nothing_is_stored(answer):
    lent = AssignmentFactory(claimed_at=NOW)

    with pytest.raises(Invalid):
        submit(lent, **answer)

    assert Annotation.objects.count() == 0
    assert Assignment.objects.get().state == Assignment.State.OPEN


def test_a_correction_is_kept_with_its_undisplayed_side():
    swapped = AssignmentFactory(order=[1, 0], claimed_at=NOW)

    given = submit(swapped, correction={"side": "1", "message": 3, "content": "It left on Monday."})

    assert given.answer["correction"] == {"side": 1, "message": 3, "content": "It left on Monday."}


def test_a_rewritten_answer_is_not_asked_again_because_one_side_cannot_be_swapped():
    lent = AssignmentFactory(item__queue__kind="correct", item__queue__repeat_share=1.0, claimed_at=NOW)
    answer = {"correction": {"side": "1", "message": 3, "content": "It left on Monday."}}

    annotations.submit(assignment=lent, answer=answer, client_key="key", active_seconds=5, now=NOW)

    assert not Reservation.objects.exists()


def test_a_message_made_of_parts_can_be_corrected_and_must_change():
    parts = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]}]
    lent = AssignmentFactory(claimed_at=NOW, item__traces=TraceFactory.create_batch(2, messages=parts))

    with pytest.raises(Invalid, match="same as the original"):
        submit(lent, correction={"side": "1", "message": 1, "content": "Hello."})

    assert submit(lent, correction={"side": "1", "message": 1, "content": "Good day."})


def test_a_late_answer_is_accepted_while_its_place_is_free():
    lent = AssignmentFactory(claimed_at=NOW)
    assignments.expire_overdue(now=LATER)

    given = submit(lent, now=LATER)

    assert given.kind == Annotation.Kind.ANSWER
    assert not Slot.objects.exists()


def test_a_late_answer_is_refused_when_the_place_is_taken():
    lent = AssignmentFactory(claimed_at=NOW)
    assignments.expire_overdue(now=LATER)
    assignments.claim(queue=lent.queue, annotator=person(lent.queue.project, "annotator"), now=LATER)

    with pytest.raises(assignments.NotOpen) as refusal:
        submit(lent, now=LATER)

    assert "your text is kept" in refusal.value.sentence


def test_a_skip_passes_the_item_on_with_its_reason():
    lent = AssignmentFactory(claimed_at=NOW)

    given = annotations.skip(assignment=lent, reason="I do not speak this language", client_key="s", now=NOW)

    assert given.kind == Annotation.Kind.SKIP
    assert Slot.objects.get(pk=lent.item_id).need == 1
    with pytest.raises(assignments.NothingLeft):
        assignments.claim(queue=lent.queue, annotator=lent.annotator, now=NOW)


def test_a_skip_needs_a_reason():
    with pytest.raises(Invalid):
        annotations.skip(assignment=AssignmentFactory(), reason=" ", client_key="s", now=NOW)


def test_a_changed_answer_supersedes_and_history_stays():
    old = AnnotationFactory(assignment__claimed_at=NOW)

    new = annotations.supersede(annotation=old, answer={"choice": "2"}, client_key="n", active_seconds=3, now=LATER)

    assert new.supersedes == old
    assert list(Annotation.objects.answers()) == [new]
    with pytest.raises(annotations.AlreadyAnswered):
        annotations.supersede(annotation=old, answer={"choice": "1"}, client_key="m", active_seconds=3, now=LATER)


def test_undo_reopens_the_last_answer_and_keeps_its_place_and_text():
    queue = QueueFactory()
    ItemFactory.create_batch(2, queue=queue)
    ada = person(queue.project, "annotator")
    first = assignments.claim(queue=queue, annotator=ada, now=NOW)
    submit(first, rationale="clearer")
    second = assignments.claim(queue=queue, annotator=ada, now=NOW)

    reopened = annotations.undo(queue=queue, annotator=ada, now=NOW)

    assert reopened.pk == first.pk
    assert Draft.objects.get(assignment=reopened).answer["rationale"] == "clearer"
    assert Annotation.objects.answers().count() == 0
    assert not Slot.objects.filter(pk=first.item_id).exists()
    assert Slot.objects.get(pk=second.item_id).need == 1


def test_after_undo_the_new_answer_continues_the_chain_and_the_next_item_comes_back():
    queue = QueueFactory()
    ItemFactory.create_batch(2, queue=queue)
    ada = person(queue.project, "annotator")
    first = assignments.claim(queue=queue, annotator=ada, now=NOW)
    submit(first)
    second = assignments.claim(queue=queue, annotator=ada, now=NOW)
    annotations.undo(queue=queue, annotator=ada, now=NOW)

    again = submit(first, key="again", choice="2")
    following = assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert again.supersedes.kind == Annotation.Kind.WITHDRAWAL
    assert list(Annotation.objects.answers()) == [again]
    assert following.pk == second.pk


def test_undo_with_nothing_to_undo_says_so():
    queue = QueueFactory()

    with pytest.raises(annotations.NothingToUndo):
        annotations.undo(queue=queue, annotator=person(queue.project, "annotator"), now=NOW)


@pytest.mark.parametrize("statement", ["UPDATE {} SET created_at = now()", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["annotation_event", "annotation_deployment"])
def test_history_cannot_be_edited_in_the_database(table, statement):
    given = submit(AssignmentFactory(claimed_at=NOW))
    project = given.item.queue.project
    if table == "annotation_deployment":
        policy = given.item.sides.first().trace.policy
        project.deployments.create(policy=policy, kind="promote", reason="r", by=given.annotator, created_at=NOW)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as sql:
        sql.execute(statement.format(table))

    assert Event.objects.exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE annotation_annotation SET answered_at = now()", "DELETE FROM annotation_annotation"]
)
def test_an_annotation_cannot_be_edited_in_the_database(statement):
    submit(AssignmentFactory(claimed_at=NOW))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as sql:
        sql.execute(statement)

    assert Annotation.objects.count() == 1
