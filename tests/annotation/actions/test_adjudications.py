"""Adjudication: what is disputed, who may decide it, and what the decision becomes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions import adjudications, annotations, assignments
from annotation.models import Annotation, Assignment, Event, Reservation, Round, Slot
from annotation.queries import disputes, releases
from annotation.queries import preferences as prefer
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def answered(item, *choices):
    """One normal answer each."""
    for place, choice in enumerate(choices):
        make.AnnotationFactory(assignment=make.AssignmentFactory(item=item, state="done", place=place), choice=choice)
    return item


def disputed(**rules):
    """An item of two people who disagree."""
    return answered(make.ItemFactory(queue=make.QueueFactory(overlap=2, **rules)), "a", "b")


def reviewer(item, *roles):
    return make.person(item.queue.project, "reviewer", *roles)


def judged(lent, choice, key="k"):
    """The reviewer's answer in undisplayed terms."""
    said = choice if choice not in "ab" else str(lent.order.index("ab".index(choice)) + 1)
    return annotations.submit(
        assignment=lent, answer={"choice": said}, client_key=key, active_seconds=5, now=NOW + timedelta(seconds=9)
    )


@pytest.mark.parametrize(
    ("overlap", "most_people", "choices", "is_disputed"),
    [
        (2, None, "ab", True),
        (2, None, "aa", False),
        (3, None, "ab", False),  # somebody is still asked
        (3, None, "aab", False),  # a majority
        (3, 3, "aab", True),  # the last who may be asked, and they still differ
        (4, None, "aabb", True),
        (4, None, ["a", "b", "tie", "both_bad"], True),
        (1, None, "a", False),
    ],
)
def test_disputed_is_what_all_who_were_asked_could_not_settle(overlap, most_people, choices, is_disputed):
    item = make.ItemFactory(queue=make.QueueFactory(overlap=overlap, most_people=most_people))
    answered(item, *choices)

    found = disputes.waiting(item.queue.project, reviewer(item))

    assert [one.item for one in found] == [item.pk] * is_disputed


def test_queues_that_do_not_adjudicate_repeats_and_changed_answers_dispute_nothing():
    off, settled = disputed(is_adjudicated=False), disputed()
    first = Annotation.objects.get(item=settled, answer__choice="b")
    make.AnnotationFactory(assignment=first.assignment, choice="a", supersedes=first)
    twice = answered(make.ItemFactory(queue=make.QueueFactory(overlap=1)), "a")
    again = make.AssignmentFactory(
        item=twice, annotator=twice.assignments.get().annotator, round=Round.REPEAT, state="done"
    )
    make.AnnotationFactory(assignment=again, choice="b")

    assert not any(disputes.waiting(item.queue.project, reviewer(item)) for item in (off, settled, twice))


def test_disagreement_becomes_a_decision_and_the_decision_a_preference():
    item = disputed()
    rosa = reviewer(item)

    lent = adjudications.take(item=item, reviewer=rosa, now=NOW)
    judged(lent, "b")
    newer = adjudications.decide(assignment=lent, reason="missed", now=NOW + timedelta(seconds=20))
    filters = releases.parsed({"min_annotators": 2, "kinds": ["preference"]})
    rows = releases.collected(filters, prefer.taken(item.queue.project, filters), {}).rows.preference

    second = item.sides.get(index=1).trace
    assert (lent.round, newer.answer["reason"], newer.answer["choice"]) == (Round.ADJUDICATION, "missed", "b")
    assert [(row.source, len(row.annotation_ids)) for row in rows] == [("adjudication", 3)]
    assert rows[0].chosen[0]["content"] == second.messages[-1]["content"]
    assert not disputes.waiting(item.queue.project, rosa) and not Slot.objects.filter(item=item).exists()
    assert Event.objects.get(verb="adjudication.decided").detail == {"reason": "missed"}


def test_taking_again_is_the_same_assignment_and_holds_no_place():
    item = disputed()
    rosa = reviewer(item)

    first, second = (adjudications.take(item=item, reviewer=rosa, now=NOW + timedelta(minutes=m)) for m in (0, 5))

    assert first.pk == second.pk and second.due_at > first.due_at
    assert (Assignment.objects.filter(item=item).count(), Slot.objects.filter(item=item).count()) == (3, 0)


def test_two_reviewers_never_hold_the_same_item_and_none_judges_an_own_one():
    item = disputed()
    adjudications.take(item=item, reviewer=reviewer(item), now=NOW)
    voter = item.assignments.filter(round=0).first().annotator

    for other in (reviewer(item), voter):
        with pytest.raises(adjudications.NotDisputed):
            adjudications.take(item=item, reviewer=other, now=NOW)


def test_what_the_reviewer_had_open_in_the_queue_goes_back_to_them():
    item = disputed()
    rosa = reviewer(item, "annotator")
    make.ItemFactory(queue=item.queue)
    open_ = assignments.claim(queue=item.queue, annotator=rosa, now=NOW)

    adjudications.take(item=item, reviewer=rosa, now=NOW)

    open_.refresh_from_db()
    assert open_.state == Assignment.State.RELEASED and Slot.objects.get(item=open_.item_id).need == 2
    assert Reservation.objects.get(annotator=rosa).item_id == open_.item_id


def test_an_expired_one_waits_for_everybody_again():
    item = disputed()
    first, second = reviewer(item), reviewer(item)
    lent = adjudications.take(item=item, reviewer=first, now=NOW)

    assignments.expire_overdue(now=lent.due_at)
    taken = adjudications.take(item=item, reviewer=second, now=lent.due_at)

    assert taken.annotator_id == second.pk and not Reservation.objects.filter(round=Round.ADJUDICATION).exists()


def test_one_that_a_reviewer_passed_on_waits_for_the_others_only():
    item = disputed()
    first, second = reviewer(item), reviewer(item)
    lent = adjudications.take(item=item, reviewer=first, now=NOW)

    annotations.skip(assignment=lent, reason="I wrote this agent", client_key="s", now=NOW)

    assert not disputes.waiting(item.queue.project, first)
    assert [one.item for one in disputes.waiting(item.queue.project, second)] == [item.pk]


def test_undo_in_the_queue_takes_back_own_work_and_leaves_the_decision():
    item = disputed()
    rosa = reviewer(item, "annotator")
    own = make.AnnotationFactory(assignment__item__queue=item.queue, assignment__annotator=rosa)
    decision = judged(adjudications.take(item=item, reviewer=rosa, now=NOW), "a")

    reopened = annotations.undo(queue=item.queue, annotator=rosa, now=NOW)

    assert reopened == own.assignment and disputes.standing(decision.assignment) == decision
    with pytest.raises(annotations.NothingToUndo):
        annotations.undo(queue=item.queue, annotator=rosa, now=NOW)


def test_a_late_decision_is_refused_when_another_reviewer_decided_meanwhile():
    item = disputed()
    late = adjudications.take(item=item, reviewer=reviewer(item), now=NOW)
    assignments.expire_overdue(now=late.due_at)
    judged(adjudications.take(item=item, reviewer=reviewer(item), now=late.due_at), "a")
    late.refresh_from_db()

    with pytest.raises(assignments.NotOpen):
        judged(late, "b", key="late")

    assert item.annotations.filter(round=Round.ADJUDICATION).count() == 1


def test_a_late_decision_is_accepted_while_the_item_still_waits():
    item = disputed()
    late = adjudications.take(item=item, reviewer=reviewer(item), now=NOW)
    assignments.expire_overdue(now=late.due_at)
    late.refresh_from_db()

    assert disputes.standing(late) is None and judged(late, "b") == disputes.standing(late)


def test_a_reason_needs_a_decision_and_is_kept_once():
    item = disputed()
    lent = adjudications.take(item=item, reviewer=reviewer(item), now=NOW)

    with pytest.raises(adjudications.Refused):
        adjudications.decide(assignment=lent, reason="missed", now=NOW)
    judged(lent, "tie")
    with pytest.raises(adjudications.Invalid):
        adjudications.decide(assignment=lent, reason="whim", now=NOW)
    later = NOW + timedelta(seconds=20)
    rows = {adjudications.decide(assignment=lent, reason="both", now=later).pk for _ in range(2)}

    assert len(rows) == 1
    assert Annotation.objects.filter(assignment=lent).count() == 2
    assert Annotation.objects.answers().get(assignment=lent).active_seconds == 5


def test_a_change_of_the_decision_supersedes_the_one_with_the_reason():
    item = disputed()
    lent = adjudications.take(item=item, reviewer=reviewer(item), now=NOW)
    judged(lent, "a")
    told = adjudications.decide(assignment=lent, reason="missed", now=NOW)

    annotations.supersede(annotation=told, answer={"choice": "tie"}, client_key="c", active_seconds=1, now=NOW)
    adjudications.decide(assignment=lent, reason="missed", now=NOW)

    standing = disputes.standing(lent)
    assert (standing.answer["choice"], standing.answer["reason"]) == ("tie", "missed")
    assert Annotation.objects.filter(assignment=lent).count() == 4


@pytest.mark.parametrize(
    ("rankings", "is_disputed"),
    [
        ([[[0], [1], [2]], [[0], [2], [1]]], True),  # the same best, opposite behind it
        ([[[0], [1], [2]], [[0], [1], [2]]], False),
        ([[[0], [1], [2]], [[0], [1, 2]]], False),  # a tie contradicts nobody
        ([[[0], [1], [2]], [[0], [2], [1]], [[0], [1], [2]]], False),  # a majority
        ([[[0], [1], [2]], None], False),  # who only picks says nothing of the others
    ],
)
def test_orders_that_contradict_each_other_in_any_pair_are_disputed(rankings, is_disputed):
    queue = make.QueueFactory(overlap=len(rankings), sides=3)
    item = make.ItemFactory(queue=queue, traces=[make.TraceFactory(project=queue.project) for _ in range(3)])
    for place, ranking in enumerate(rankings):
        lent = make.AssignmentFactory(item=item, state="done", place=place, order=[0, 1, 2])
        make.AnnotationFactory(assignment=lent, answer={"choice": "a", "ranking": ranking, "rationale": ""})

    found = disputes.waiting(queue.project, reviewer(item))

    assert [one.people for one in found] == [len(rankings)] * is_disputed
