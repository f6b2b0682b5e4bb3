"""Pace: days and hours with their answers, and an end that is only foretold from enough of them."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from annotation.queries import pace
from tests.factories import AssignmentFactory, GoldFactory, ItemFactory, QueueFactory

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_answers_are_counted_by_day_and_hour_and_known_ones_do_not_bring_the_end_nearer():
    queue = QueueFactory()
    for back in (timedelta(minutes=70), timedelta(hours=3), timedelta(days=2), timedelta(days=30)):
        AssignmentFactory(item=ItemFactory(queue=queue), state="done", closed_at=NOW - back)
    AssignmentFactory(item=GoldFactory(item__queue=queue).item, state="done", closed_at=NOW)

    found = pace.pace(queue, now=NOW)

    assert [count for _, count in found.days[-3:]] == [1, 0, 3]
    assert len(found.days) == 14 and len(found.hours) == 24
    assert [count for _, count in found.hours[-4:]] == [1, 1, 0, 1]
    assert found.counting[-3:] == [1, 0, 2]


def test_a_steady_queue_ends_when_what_is_left_divided_by_its_pace_says():
    end = pace.end([0] * 3 + [40] * 10 + [20], 120, now=NOW)

    assert end.at is not None and end.low is not None and end.high is not None
    assert abs((end.at - NOW) / timedelta(days=1) - 120 * 10.5 / 420) < 1e-9
    assert end.low < end.at < end.high
    assert (end.answers, end.days) == (420, 10.5)


def test_the_interval_is_wider_where_days_differ_more():
    even = pace.end([40] * 13 + [20], 400, now=NOW)
    uneven = pace.end([80, 0] * 6 + [40, 20], 400, now=NOW)

    assert even.low is not None and even.high is not None and uneven.low is not None and uneven.high is not None
    assert uneven.high - uneven.low > 2 * (even.high - even.low)


@pytest.mark.parametrize(
    ("counting", "remaining", "said"),
    [
        ([0] * 14, 5, "0 answers over 0 whole days"),
        ([0] * 12 + [500, 500], 5, "1 whole day "),
        ([1] * 14, 5, "14 answers"),
        ([50] * 14, 0, "Nothing is left"),
        ([2] * 14, 10**6, "ten years"),
    ],
)
def test_without_enough_data_no_end_is_foretold(counting, remaining, said):
    end = pace.end(counting, remaining, now=NOW)

    assert end.at is None and said in end.why_not


def test_the_interval_holds_the_true_end_about_as_often_as_it_says():
    rng, held, trials = random.Random(7), 0, 400
    for _ in range(trials):
        counting = [poisson(rng, 30.0) for _ in range(13)] + [poisson(rng, 15.0)]
        end = pace.end(counting, 200, now=NOW)
        needed = timedelta(days=sum(rng.expovariate(30.0) for _ in range(200)))
        assert end.low is not None and end.high is not None
        held += end.low <= NOW + needed <= end.high

    assert 0.92 <= held / trials <= 0.99


def poisson(rng: random.Random, mean: float) -> int:
    """One Poisson count."""
    count, at = 0, rng.expovariate(mean)
    while at < 1:
        count, at = count + 1, at + rng.expovariate(mean)
    return count


@pytest.mark.parametrize(("days", "tone"), [(60, "good"), (0, "bad"), (3, "warn")])
def test_the_due_date_is_compared_with_the_whole_interval(days, tone):
    end = pace.end([40] * 13 + [20], 120, now=NOW)

    compared = pace.against_due(end, (NOW + timedelta(days=days)).date())

    assert compared is not None and compared["tone"] == tone
    assert pace.against_due(end, None) is None
