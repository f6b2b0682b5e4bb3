"""What people together say: weighed by their reliability, stored, and used by what learns and exports."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import annotations, consensus, pool
from annotation.models import Annotation, Consensus, Round, Weighing
from annotation.queries import consensus as known
from annotation.queries import preferences
from flywheel.datasets.excluded import Excluded
from flywheel.datasets.rows import preference_row
from tests.factories import AnnotationFactory, GoldFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answered(item, annotator, choice, **more):
    return AnnotationFactory(
        assignment__item=item,
        assignment__annotator=annotator,
        assignment__state="done",
        choice=choice,
        **more,
    )


def test_those_who_are_mostly_right_outweigh_two_who_guess():
    queue = QueueFactory()
    good, *bad = (person(queue.project, "annotator") for _ in range(3))
    third = person(queue.project, "annotator")
    for number in range(20):
        item, truth = ItemFactory(queue=queue), "ab"[number % 2]
        answered(item, good, truth)
        answered(item, third, truth)
        for guesser, rhythm in zip(bad, (2, 3), strict=True):
            answered(item, guesser, "ab"[(number // rhythm) % 2])
    last = ItemFactory(queue=queue)
    answered(last, good, "a")
    for guesser in bad:
        answered(last, guesser, "b")

    consensus.weigh(queue=queue, now=NOW)

    told = Consensus.objects.get(item=last)
    people = Weighing.objects.get(queue=queue).people
    assert (told.label, told.n) == ("a", 3)
    assert people[str(good.pk)] > people[str(bad[0].pk)]


def test_known_answers_tell_how_reliable_people_are_and_have_no_row():
    queue = QueueFactory()
    right, wrong = (person(queue.project, "annotator") for _ in range(2))
    for _ in range(8):
        gold = GoldFactory(item__queue=queue, choice="a")
        answered(gold.item, right, "a")
        answered(gold.item, wrong, "b")
    item = ItemFactory(queue=queue)
    answered(item, right, "a")
    answered(item, wrong, "b")

    consensus.weigh(queue=queue, now=NOW)

    assert list(Consensus.objects.values_list("item", "label")) == [(item.pk, "a")]


def test_one_vote_is_no_certainty_and_no_decision_of_a_reviewer():
    item = ItemFactory()
    answered(item, person(item.queue.project, "annotator"), "a")

    consensus.weigh(queue=item.queue, now=NOW)

    told = Consensus.objects.get()
    assert (told.label, told.method) == ("a", "one-coin")
    assert 0.5 < told.posterior["a"] < 1


def test_a_reviewer_decides_for_certain():
    item = ItemFactory()
    for label in ("a", "b"):
        answered(item, person(item.queue.project, "annotator"), label)
    reviewer = person(item.queue.project, "reviewer")
    answered(item, reviewer, "b", assignment__round=Round.ADJUDICATION, round=Round.ADJUDICATION)

    consensus.weigh(queue=item.queue, now=NOW)

    told = Consensus.objects.get()
    assert (told.label, told.posterior, told.method) == ("b", {"b": 1.0}, "adjudication")


def test_weighing_again_without_news_does_nothing_and_what_was_taken_back_goes():
    item = ItemFactory()
    given = answered(item, person(item.queue.project, "annotator"), "a")
    assert consensus.weigh(queue=item.queue, now=NOW)
    assert not consensus.weigh(queue=item.queue, now=NOW)

    annotations.undo(queue=item.queue, annotator=given.annotator, now=NOW + timedelta(minutes=1))

    assert consensus.weigh(queue=item.queue, now=NOW)
    assert not Consensus.objects.exists()


def test_the_reward_head_learns_from_chances():
    queue = QueueFactory()
    even, clear, bad = (ItemFactory(queue=queue) for _ in range(3))
    for item, labels in ((even, "ab"), (clear, "aa"), (bad, ("both_bad", "both_bad"))):
        for label in labels:
            answered(item, person(queue.project, "annotator"), label)
    consensus.weigh(queue=queue, now=NOW)

    found = pool.wins(queue)

    assert set(found) == {even.pk, clear.pk}
    assert found[even.pk] == pytest.approx(0.5, abs=0.05)
    assert found[clear.pk] > 0.8


def test_votes_that_do_not_tell_the_better_side_are_not_exported():
    item = ItemFactory()
    for label in ("a", "b"):
        answered(item, person(item.queue.project, "annotator"), label)
    consensus.weigh(queue=item.queue, now=NOW)

    weighed = known.posteriors([item.queue])
    ((_, _, pair),) = preferences.judged_pairs(Annotation.objects.all(), posteriors=weighed)

    told = preference_row(pair)
    assert isinstance(told, Excluded)
    assert told.reason == "unsure"
