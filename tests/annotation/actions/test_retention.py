"""Forgetting what was received."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import retention
from annotation.models import Event, TraceRaw
from tests.factories import ProjectFactory, TraceFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def received(project, *, days_ago, state="ready"):
    trace = TraceFactory(project=project, state=state)
    return TraceRaw.objects.create(
        trace=trace, body=b"{}", sha256="0" * 64, received_at=NOW - timedelta(days=days_ago)
    ).pk


def test_received_bytes_go_when_their_projects_time_is_over_even_if_they_could_not_be_cleaned():
    short, long = ProjectFactory(raw_retention_days=7), ProjectFactory(raw_retention_days=90)
    gone = [received(short, days_ago=8), received(short, days_ago=8, state="quarantined")]
    kept = {
        received(short, days_ago=6),
        received(short, days_ago=8, state="received"),
        received(long, days_ago=8),
    }

    count = retention.drop_raw(now=NOW)

    assert count == len(gone)
    assert set(TraceRaw.objects.values_list("pk", flat=True)) == kept
    event = Event.objects.get(verb="traces.raw_dropped")
    assert (event.project, event.detail) == (short, {"count": 2})


def test_a_night_without_anything_to_forget_leaves_no_trace():
    received(ProjectFactory(), days_ago=1)

    assert retention.drop_raw(now=NOW) == 0
    assert not Event.objects.exists()
