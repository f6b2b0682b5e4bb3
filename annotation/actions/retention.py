"""Forgetting what was received, when its time is over."""

from datetime import datetime, timedelta

from django.db import transaction

from annotation.actions import events
from annotation.models import Project, Trace, TraceRaw


@transaction.atomic
def drop_raw(*, now: datetime) -> int:
    """Delete the received bytes of traces past each project's retention; returns how many.

    Of quarantined traces too: what could not be cleaned is kept no longer. What still waits for the sanitiser stays.
    """
    total = 0
    for project in Project.objects.order_by("pk"):
        limit = now - timedelta(days=project.raw_retention_days)
        old = TraceRaw.objects.filter(trace__project=project, received_at__lt=limit)
        count, _ = old.exclude(trace__state=Trace.State.RECEIVED).delete()
        if count:
            events.record("traces.raw_dropped", project=project, actor=None, now=now, count=count)
        total += count
    return total
