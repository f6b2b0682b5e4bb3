"""Agreement over time: an item counts once, repeats and known answers never, long times week by week."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.queries import agreement
from tests.factories import AnnotationFactory, AssignmentFactory, GoldFactory, ItemFactory, QueueFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)  # a Friday


def answered(queue, choices, *, back=0, item=None, round_=0):
    """An item that people answered so many days ago."""
    item = item or ItemFactory(queue=queue)
    at = NOW - timedelta(days=back)
    for choice in choices:
        lent = AssignmentFactory(item=item, state="done", closed_at=at, round=round_)
        AnnotationFactory(assignment=lent, choice=choice, answered_at=at)
    return item


def test_the_share_of_people_who_said_the_same_with_its_interval():
    queue = QueueFactory()
    for choices in ("aa", "aa", "bb", "ab", "a"):
        answered(queue, choices)
    answered(queue, "aab")  # one of three pairs of people agrees
    answered(queue, "ab", item=GoldFactory(item__queue=queue).item)
    answered(queue, "ab", round_=1)

    found = agreement.over_time(queue, now=NOW)

    assert found.overall is not None
    assert (round(found.overall.value, 6), found.overall.n) == (round((3 + 1 / 3) / 5, 6), 5)
    assert found.overall.low < found.overall.value < found.overall.high
    assert [(row["label"], row["n"]) for row in found.buckets] == [("20 Mar", 5)]


def test_only_the_newest_version_of_an_answer_counts():
    queue = QueueFactory()
    item = answered(queue, "ab")
    changed = item.annotations.get(answer__choice="b")
    AnnotationFactory(assignment=changed.assignment, choice="a", supersedes=changed, answered_at=NOW)

    found = agreement.over_time(queue, now=NOW)

    assert found.overall is not None and found.overall.value == 1.0


def test_more_than_three_weeks_are_shown_week_by_week():
    queue = QueueFactory()
    for back, choices in ((0, "aa"), (4, "ab"), (30, "aa"), (100, "ab")):
        answered(queue, choices, back=back)

    found = agreement.over_time(queue, now=NOW)

    assert found.unit == "week"
    assert [(row["label"], row["value"], row["n"]) for row in found.buckets] == [
        ("week of 16 Feb", 1.0, 1),
        ("week of 16 Mar", 0.5, 2),
    ]


def test_nothing_to_compare_is_said_as_nothing():
    queue = QueueFactory()
    answered(queue, "a")

    assert agreement.over_time(queue, now=NOW).overall is None
