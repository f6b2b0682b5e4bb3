"""Jobs that compute reports."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import bias_reports
from annotation.enqueue import enqueue
from annotation.models import Project

RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)


@app.task(name="reports.build", queue="long", retry=RETRY)
def build(*, project: int, kind: str) -> None:
    """Compute and store one report."""
    bias_reports.build(project=Project.objects.get(pk=project), kind=kind, now=timezone.now())


@app.periodic(cron="41 2 * * *")
@app.task(name="reports.nightly", queue="long", queueing_lock="reports.nightly")
def nightly(timestamp: int) -> None:
    """Every night: the reports of every project."""
    for project in Project.objects.order_by("pk").values_list("pk", flat=True):
        enqueue("reports.build", queue="long", project=project, kind=bias_reports.BIAS, once=f"bias-{project}")
