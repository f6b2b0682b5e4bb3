"""Prometheus families of each queue: work open, lent and waiting, and how long feedback takes."""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate

from django.core.cache import cache
from django.db.models import Count, Min, QuerySet, Sum
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from annotation.models import Assignment, Project, Queue, Slot
from annotation.queries import latency

LABELS = ["project", "queue"]
Names = dict[int, tuple[str, str]]  # queue → its labels


def families(projects: QuerySet[Project], *, now: datetime) -> Iterator[Metric]:
    """All families, with the queues of these projects."""
    rows = Queue.objects.filter(project__in=projects).values_list("pk", "project__slug")
    names = {pk: (slug, str(pk)) for pk, slug in rows}
    yield from gauges(names, counts(now=now))
    yield from histograms(names, now=now)


def counts(*, now: datetime) -> dict[str, dict[int, float]]:
    """Figure → queue → value, of every queue; counted at most every 15 seconds."""
    kept: dict[str, dict[int, float]] | None = cache.get("queue-metrics")
    if kept is not None:
        return kept
    slots = Slot.objects.order_by().values_list("queue")
    lent = Assignment.objects.order_by().values_list("queue").annotate(n=Count("pk"))
    waiting = slots.annotate(at=Min("item__entered_at")).values_list("queue", "at")
    found = {
        "open_places": dict(slots.annotate(n=Sum("need")).values_list("queue", "n")),
        "leases_out": dict(lent.filter(state=Assignment.State.OPEN)),
        "queue_answers": dict(lent.filter(state=Assignment.State.DONE)),
        "oldest_waiting_seconds": {queue: (now - at).total_seconds() for queue, at in waiting if at},
    }
    cache.set("queue-metrics", found, timeout=latency.FRESH_FOR)
    return found


def gauges(names: Names, found: dict[str, dict[int, float]]) -> Iterator[GaugeMetricFamily]:
    """What stands now; a queue without any has 0."""
    texts = {
        "open_places": "Answers still wanted.",
        "leases_out": "Items lent out now.",
        "queue_answers": "Current answers of all rounds.",
        "oldest_waiting_seconds": "How long the oldest open item has waited.",
    }
    for name, text in texts.items():
        family = GaugeMetricFamily(f"flywheel_{name}", text, labels=LABELS)
        for queue, labels in names.items():
            family.add_metric(labels, found[name].get(queue, 0))
        yield family


def histograms(names: Names, *, now: datetime) -> Iterator[HistogramMetricFamily]:
    """One family for each stage of feedback, over all answers of normal work."""
    totals = latency.totals(now=now)
    bounds = [*(str(float(bound)) for bound in latency.BOUNDS), "+Inf"]
    for stage, text in latency.STAGES.items():
        family = HistogramMetricFamily(f"flywheel_feedback_{stage}_seconds", f"Time {text}.", labels=LABELS)
        for queue, labels in names.items():
            found = totals.get((queue, stage)) or latency.Histogram()
            family.add_metric(labels, list(zip(bounds, accumulate(found.counts), strict=True)), found.seconds)
        yield family
