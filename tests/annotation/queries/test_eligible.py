"""Who gets work: what the manager's page says is what a claim does."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import assignments
from annotation.models import Member
from annotation.queries import eligible
from tests.factories import AnnotationFactory, AssignmentFactory, GoldFactory, ItemFactory, QueueFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
RULES = [
    ({"skills": ["German"]}, "lacks German"),
    ({"total_quota": 2}, "has given all answers of one person"),
    ({"daily_quota": 1}, "has reached today's answers"),
    ({"qualify_on": 2, "qualify_share": 0.6}, "got 1 of 2 known answers right"),
]


def worker(queue, *, known=""):
    """Somebody who gave one answer yesterday and one today, and these on known answers."""
    who = person(queue.project, "annotator")
    for back in (0, 1):
        lent = AssignmentFactory(
            item=ItemFactory(queue=queue), annotator=who, state="done", closed_at=NOW - timedelta(days=back)
        )
        AnnotationFactory(assignment=lent)
    for choice in known:
        gold = GoldFactory(item__queue=queue).item
        lent = AssignmentFactory(item=gold, annotator=who, state="done", closed_at=NOW - timedelta(days=5))
        AnnotationFactory(assignment=lent, choice=choice)
    return who


@pytest.mark.parametrize(("rules", "why"), RULES)
def test_a_rule_that_keeps_somebody_out_is_named_and_claims_obey_it(rules, why):
    queue = QueueFactory(**rules)
    who = worker(queue, known="ab" if "qualify_on" in rules else "")
    ItemFactory(queue=queue)

    [found] = eligible.candidates(queue, named=[], now=NOW)

    assert (found.person, found.why_not) == (who, why)
    with pytest.raises(assignments.NothingLeft):
        assignments.claim(queue=queue, annotator=who, now=NOW)


def test_people_who_fit_get_work_and_the_others_are_not_named():
    queue = QueueFactory(skills=["German"], daily_quota=5, total_quota=4)
    who, other = worker(queue), person(queue.project, "annotator")
    Member.objects.filter(user__in=[who, other]).update(skills=["German", "refunds"])
    ItemFactory(queue=queue)

    first, second = eligible.candidates(queue, named=[who.pk], now=NOW)

    assert (first.why_not, first.left, second.why_not) == ("", 2, "is not named")
    assert assignments.claim(queue=queue, annotator=who, now=NOW)


def test_who_has_not_met_the_known_answers_yet_is_qualifying():
    queue = QueueFactory(qualify_on=3)
    worker(queue, known="ab")

    [found] = eligible.candidates(queue, named=[], now=NOW)

    assert (found.why_not, found.is_qualifying) == ("", True)
