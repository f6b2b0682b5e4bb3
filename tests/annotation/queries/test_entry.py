"""Rules of entry: which items of the pool may be drawn."""

import pytest
from django.utils import timezone

from annotation.errors import Invalid
from annotation.models import Score
from annotation.queries import entry
from tests.factories import ItemFactory, JudgeFactory, QueueFactory, TraceFactory, VerdictFactory

pytestmark = pytest.mark.django_db


def pooled(queue, **run):
    """An item of the pool whose second run is like this."""
    runs = [TraceFactory(project=queue.project), TraceFactory(project=queue.project, **run)]
    return ItemFactory(queue=queue, batch=None, traces=runs)


def entering(queue, **rules):
    return set(entry.entering(queue, entry.checked(rules)))


def test_one_run_of_the_item_is_enough_and_all_rules_must_hold():
    queue = QueueFactory()
    plain, failed, poor = pooled(queue), pooled(queue, outcome="failure"), pooled(queue, reward=0.1, outcome="failure")
    broken = pooled(queue, figures={"tool_errors": 2})
    ItemFactory(queue=queue)

    assert entering(queue) == {plain, failed, poor, broken}
    assert entering(queue, outcomes=["failure", "error"]) == {failed, poor}
    assert entering(queue, outcomes=["failure"], reward_below=0.5) == {poor}
    assert entering(queue, has_error=True) == {broken}


def test_judges_that_differ_and_scores_that_are_high_let_an_item_in():
    queue = QueueFactory()
    torn, sure = pooled(queue), pooled(queue)
    for item, (one, other) in ((torn, (0.9, 0.2)), (sure, (0.9, 0.8))):
        judge = JudgeFactory(project=queue.project)
        VerdictFactory(item=item, judge=judge, first=0, probability=one)
        VerdictFactory(item=item, judge=judge, first=1, probability=other)
        Score.objects.create(item=item, value=one if item is sure else 0.3, rule="hyb4", scored_at=timezone.now())

    assert entering(queue, judges_disagree=True) == {torn}
    assert entering(queue, score_above=0.5) == {sure}


def test_a_share_is_fixed_by_the_seed_and_a_larger_one_holds_the_smaller():
    queue = QueueFactory(seed=11)
    items = ItemFactory.create_batch(
        80, queue=queue, batch=None, traces=TraceFactory.create_batch(1, project=queue.project)
    )

    some, more, again = entering(queue, share=0.3), entering(queue, share=0.6), entering(queue, share=0.3)

    assert some == again and some < more < set(items)
    assert 10 <= len(some) <= 40
    assert entering(queue, share=1.0) == set(items)


@pytest.mark.parametrize(
    "rules",
    [
        [],
        {"colour": 1},
        {"outcomes": "failure"},
        {"outcomes": ["melted"]},
        {"share": 2},
        {"has_error": 1},
        {"reward_below": "x"},
    ],
)
def test_rules_without_sense_are_refused(rules):
    with pytest.raises(Invalid):
        entry.checked(rules)
