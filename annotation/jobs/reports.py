"""Jobs that compute reports."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import doubts, report_building
from annotation.enqueue import enqueue
from annotation.models import Project
from annotation.queries.report_data import KINDS

RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)


@app.task(name="reports.build", queue="long", retry=RETRY)
def build(*, project: int, kind: str) -> None:
    """Compute and store one report; what it says of people lowers or restores the weight of their answers."""
    now = timezone.now()
    report = report_building.build(project=Project.objects.get(pk=project), kind=kind, now=now)
    if kind == "people":
        doubts.raise_from(report=report, now=now)


@app.periodic(cron="41 2 * * *")
@app.task(name="reports.nightly", queue="long", queueing_lock="reports.nightly")
def nightly(timestamp: int) -> None:
    """Every night: the reports of every project."""
    for project in Project.objects.order_by("pk").values_list("pk", flat=True):
        for kind in KINDS:
            enqueue("reports.build", queue="long", project=project, kind=kind, once=f"{kind}-{project}")
