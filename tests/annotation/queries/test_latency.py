"""Latency: what an answer waited for, from the agent's last action to the selector."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from annotation.models import Scoring
from annotation.queries import latency
from tests.factories import AnnotationFactory, AssignmentFactory, GoldFactory, ItemFactory, QueueFactory, TraceFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


def answered(queue, *, ended=3600, shown=100, at=NOW - timedelta(hours=1), **fields):
    """An answer given at `at`, its item shown `shown` seconds before, the last of its runs ended `ended` before that."""
    on_screen = at - timedelta(seconds=shown)
    runs = [
        TraceFactory(project=queue.project, ended_at=on_screen - timedelta(seconds=ended + earlier))
        for earlier in (0, 500)
    ]
    item = fields.pop("item", None) or ItemFactory(queue=queue, traces=runs)
    lent = AssignmentFactory(item=item, state="done", closed_at=at, **fields)
    return AnnotationFactory(assignment=lent, shown_at=on_screen, answered_at=at)


def test_each_stage_has_its_median_and_its_count():
    queue = QueueFactory()
    first, second = answered(queue, ended=3600, shown=20), answered(queue, ended=7200, shown=40)
    Scoring.objects.create(
        queue=queue, labels=1, last_annotation=first.pk, scored_at=first.answered_at + timedelta(seconds=7)
    )
    Scoring.objects.create(queue=queue, labels=1, last_annotation=first.pk, scored_at=NOW)
    Scoring.objects.create(queue=QueueFactory(), labels=1, last_annotation=second.pk, scored_at=NOW)

    shown, given, used = latency.of(queue, now=NOW)

    assert (shown["n"], shown["median"]) == (2, 5400)
    assert (given["n"], given["median"], round(given["p90"], 6)) == (2, 30, 38)
    assert (used["n"], used["median"]) == (1, 7)
    assert dict(given["bars"])["30 s"] == 1 and dict(given["bars"])["1 min"] == 1


def test_repeats_known_answers_and_edits_do_not_count_and_unknown_ends_are_left_out():
    queue = QueueFactory()
    kept = answered(queue)
    AnnotationFactory(assignment=kept.assignment, supersedes=kept, shown_at=NOW, answered_at=NOW)
    answered(queue, round=1)
    answered(queue, item=GoldFactory(item__queue=queue).item)
    answered(queue, item=ItemFactory(queue=queue))  # its runs do not say when they ended

    shown, given, _ = latency.of(queue, now=NOW)

    assert (shown["n"], given["n"]) == (1, 2)


def test_the_metrics_count_on_from_where_they_were_and_every_answer_once():
    queue = QueueFactory()
    first = answered(queue, shown=20)
    once = latency.totals(now=NOW)[queue.pk, "answered"].counts[:]
    second = answered(queue, shown=40)
    soon = latency.totals(now=NOW)[queue.pk, "answered"].counts[:]
    cache.delete("latency-fresh")  # a quarter of a minute later
    Scoring.objects.create(
        queue=queue, labels=2, last_annotation=second.pk, scored_at=second.answered_at + timedelta(seconds=7)
    )
    later = latency.totals(now=NOW + timedelta(hours=1))

    thirty, minute, ten = (latency.NAMES.index(name) for name in ("30 s", "1 min", "10 s"))
    assert once == soon and once[thirty] == sum(once) == 1
    assert (later[queue.pk, "answered"].counts[thirty], later[queue.pk, "answered"].counts[minute]) == (1, 1)
    assert later[queue.pk, "answered"].seconds == 60
    assert later[queue.pk, "used"].counts[ten] == 2
    assert first.pk < second.pk


def test_prometheus_gets_the_histograms_and_gauges_of_each_queue(client):
    queue = QueueFactory(project__slug="desk")
    answered(queue, shown=20)
    AssignmentFactory(item=ItemFactory(queue=queue))
    ItemFactory(queue=queue, entered_at=NOW)

    text = client.get("/metrics").content.decode()

    labels = f'project="desk",queue="{queue.pk}"'
    assert f'flywheel_feedback_answered_seconds_bucket{{le="10.0",{labels}}} 0.0' in text
    assert f'flywheel_feedback_answered_seconds_bucket{{le="30.0",{labels}}} 1.0' in text
    assert f"flywheel_feedback_answered_seconds_count{{{labels}}} 1.0" in text
    assert f"flywheel_leases_out{{{labels}}} 1.0" in text
    assert f"flywheel_open_places{{{labels}}} 1.0" in text
    assert f"flywheel_queue_answers{{{labels}}} 1.0" in text
    assert f"flywheel_oldest_waiting_seconds{{{labels}}}" in text
