"""Doubts: raised by a report, lifted by a newer one or a manager; weights and items follow, and come back."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import assignments, consensus, doubted_items, doubts, events
from annotation.errors import Invalid
from annotation.models import Consensus, Doubt, Event, Item, Report, Round, Slot, Weighing
from tests import factories
from tests.factories import DoubtFactory, GoldFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def report(project, flags):
    """A report on people with these flags: {person: [flag, …]}."""
    numbers = {"annotators": {f"annotator-{user.pk}": {"flags": names} for user, names in flags.items()}}
    return Report.objects.create(
        project=project, kind="people", seed=1, data_hash="", code_version="1", numbers=numbers, created_at=NOW
    )


def answered(item, annotator, choice="a", **more):
    lent = factories.AssignmentFactory(item=item, annotator=annotator, state="done", **more)
    return factories.AnnotationFactory(assignment=lent, choice=choice, answered_at=LATER)


def follow(project):
    changed = doubted_items.follow(project=project, now=NOW)
    for queue in project.queues.all():
        consensus.weigh(queue=queue, now=NOW)
    return changed


@pytest.fixture
def queue():
    return QueueFactory()


@pytest.fixture
def ann(queue):
    return person(queue.project, "annotator")


def test_flags_raise_a_doubt_once_and_a_newer_report_changes_or_lifts_it(queue, ann):
    project, ben = queue.project, person(queue.project, "annotator")

    first = report(project, {ann: ["uninformative"], ben: []})
    told = [doubts.raise_from(report=first, now=NOW), doubts.raise_from(report=first, now=NOW)]
    told.append(doubts.raise_from(report=report(project, {ann: ["gold", "uninformative"]}), now=NOW))
    [opened] = Doubt.objects.all()
    told.append(doubts.raise_from(report=report(project, {ann: []}), now=LATER))

    opened.refresh_from_db()
    assert told == [1, 0, 1, 1]
    assert (opened.annotator, opened.flags) == (ann, ["gold", "uninformative"])
    assert (opened.withdrawn_at, opened.withdrawn_by) == (LATER, None)
    verbs = Event.objects.filter(verb__startswith="doubt").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["doubt.raised", "doubt.changed", "doubt.withdrawn"]


def test_a_report_without_figures_on_people_lifts_what_was_open(queue, ann):
    doubt = DoubtFactory(project=queue.project, annotator=ann)
    empty = report(queue.project, {})
    empty.numbers = {"not_possible": []}

    doubts.raise_from(report=empty, now=NOW)

    doubt.refresh_from_db()
    assert doubt.withdrawn_at == NOW


def test_what_a_manager_withdrew_comes_again_for_new_reasons_or_after_fifty_answers(queue, ann):
    project, mia = queue.project, person(queue.project, "manager")
    same = {ann: ["uninformative"]}
    doubts.raise_from(report=report(project, same), now=NOW)
    doubts.withdraw(doubt=Doubt.objects.get(), actor=mia, note="The guidelines were unclear.", now=NOW)

    at_once = doubts.raise_from(report=report(project, same), now=NOW)
    for _ in range(doubts.AGAIN - 1):
        answered(ItemFactory(queue=queue), ann)
    early = doubts.raise_from(report=report(project, same), now=LATER)
    answered(ItemFactory(queue=queue), ann)
    late = doubts.raise_from(report=report(project, same), now=LATER)
    doubts.withdraw(doubt=Doubt.objects.get(withdrawn_at=None), actor=mia, note="As before.", now=LATER)
    other = doubts.raise_from(report=report(project, {ann: ["gold", "uninformative"]}), now=LATER)

    assert (at_once, early, late, other) == (0, 0, 1, 1)


def test_withdrawing_keeps_who_and_why_and_happens_once(queue, ann):
    doubt, mia = DoubtFactory(project=queue.project, annotator=ann), person(queue.project, "manager")
    other = person(queue.project, "manager")

    with pytest.raises(Invalid, match="what you found"):
        doubts.withdraw(doubt=doubt, actor=mia, note="  ", now=NOW)
    doubts.withdraw(doubt=doubt, actor=mia, note=" We talked. ", now=NOW)
    doubts.withdraw(doubt=doubt, actor=other, note="Again", now=LATER)

    doubt.refresh_from_db()
    assert (doubt.withdrawn_by, doubt.withdrawn_at, doubt.note) == (mia, NOW, "We talked.")
    assert Event.objects.filter(verb="doubt.withdrawn").count() == 1


def test_a_doubted_persons_answers_move_posteriors_less_until_it_is_withdrawn(queue, ann):
    item = ItemFactory(queue=queue)
    answered(item, ann)

    def chance():
        follow(queue.project)
        return Consensus.objects.get(item=item).posterior["a"]

    before = chance()
    doubt = DoubtFactory(project=queue.project, annotator=ann)
    during = chance()
    seen = Weighing.objects.get(queue=queue).doubted
    again = consensus.weigh(queue=queue, now=NOW)
    doubts.withdraw(doubt=doubt, actor=person(queue.project, "manager"), note="Fine.", now=NOW)

    assert 0.5 < during < before - 0.05
    assert seen == [ann.pk] and not again
    assert chance() == pytest.approx(before)


def test_answers_against_the_truth_keep_their_weight_and_are_turned_round(queue):
    adverse, *others = (person(queue.project, "annotator") for _ in range(3))
    for number in range(40):
        item, truth = ItemFactory(queue=queue), "ab"[number % 2]
        answered(item, adverse, "ba"[number % 2])
        for user in others:
            answered(item, user, truth)
    last = ItemFactory(queue=queue)
    answered(last, adverse, "a")
    DoubtFactory(project=queue.project, annotator=adverse, flags=["adverse", "gold"])

    follow(queue.project)

    assert Consensus.objects.get(item=last).label == "b"
    assert Weighing.objects.get(queue=queue).doubted == []


def test_items_that_only_people_in_doubt_answered_get_one_more_person_and_lose_the_place_again(queue, ann):
    project, ben = queue.project, person(queue.project, "annotator")
    alone, shared, pooled = (
        ItemFactory(queue=queue),
        ItemFactory(queue=queue, target=2),
        ItemFactory(queue=queue, batch=None),
    )
    answered(alone, ann)
    answered(shared, ann)
    answered(shared, ben)
    gold = GoldFactory(item__queue=queue).item
    answered(gold, ann)
    doubt = DoubtFactory(project=project, annotator=ann)

    changed = [follow(project), follow(project)]

    assert changed == [1, 0]
    assert targets(alone, shared, pooled, gold) == [2, 2, 0, gold.target]
    assert Slot.objects.get(item=alone).need == 1
    doubts.withdraw(doubt=doubt, actor=person(project, "manager"), note="Fine.", now=NOW)
    assert (follow(project), follow(project)) == (1, 0)
    assert targets(alone) == [1] and not Slot.objects.filter(item=alone).exists()
    why = Event.objects.filter(verb="item.retargeted").order_by("pk").values_list("detail__why", flat=True)
    assert list(why) == ["doubt", "doubt withdrawn"]


def targets(*items):
    return [Item.objects.get(pk=item.pk).target for item in items]


def test_a_place_that_somebody_took_stays(queue, ann):
    project, ben = queue.project, person(queue.project, "annotator")
    item = ItemFactory(queue=queue)
    answered(item, ann)
    doubt = DoubtFactory(project=project, annotator=ann)
    follow(project)

    lent = assignments.claim(queue=queue, annotator=ben, now=NOW)
    doubts.withdraw(doubt=doubt, actor=person(project, "manager"), note="Fine.", now=NOW)

    assert lent.item_id == item.pk
    assert follow(project) == 0 and targets(item) == [2]


def test_the_second_in_doubt_brings_a_third_person(queue, ann):
    project, ben = queue.project, person(queue.project, "annotator")
    item = ItemFactory(queue=queue)
    answered(item, ann)
    DoubtFactory(project=project, annotator=ann)
    follow(project)
    answered(item, ben)
    DoubtFactory(project=project, annotator=ben)

    nobody_else = follow(project)
    person(project, "annotator")
    follow(project)

    assert nobody_else == 0
    assert targets(item) == [3] and Slot.objects.get(item=item).need == 1


def test_decided_and_closed_items_and_those_still_lent_out_are_left_alone(queue, ann):
    project = queue.project
    decided, closed, waiting = (ItemFactory(queue=queue) for _ in range(3))
    waiting.target = 2
    waiting.save()
    for item in (decided, closed, waiting):
        answered(item, ann)
    answered(decided, person(project, "reviewer"), round=Round.ADJUDICATION)
    events.record("item.retargeted", project=project, actor=None, now=NOW, subject=closed.pk, why="closed")
    factories.AssignmentFactory(item=waiting)
    DoubtFactory(project=project, annotator=ann)

    assert follow(project) == 0
    assert targets(decided, closed, waiting) == [1, 1, 2]


def test_a_paused_queue_is_weighed_too(queue, ann):
    item = ItemFactory(queue=queue)
    answered(item, ann)
    consensus.weigh(queue=queue, now=NOW)
    queue.paused_at = NOW
    queue.save()
    DoubtFactory(project=queue.project, annotator=ann)

    doubted_items.follow(project=queue.project, now=NOW)

    assert Weighing.objects.get(queue=queue).doubted == [ann.pk]


def test_other_projects_stay_as_they_are(queue, ann):
    elsewhere = QueueFactory()
    item = ItemFactory(queue=elsewhere)
    answered(item, ann)
    DoubtFactory(project=queue.project, annotator=ann)

    doubted_items.follow(project=elsewhere.project, now=NOW)
    consensus.weigh(queue=elsewhere, now=NOW)

    assert targets(item) == [1]
    assert Weighing.objects.get(queue=elsewhere).doubted == []
