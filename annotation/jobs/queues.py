"""The heartbeat of all queues."""

from django.utils import timezone
from procrastinate.contrib.django import app

from annotation.actions import assignments, pool


@app.periodic(cron="* * * * * */5")
@app.task(name="queues.tend", queue="quick", queueing_lock="queues.tend", lock="queues.tend", priority=10)
def tend(timestamp: int) -> None:
    """Every five seconds: take back overdue items, re-score after new answers, draw what is missing."""
    now = timezone.now()
    while assignments.expire_overdue(now=now):
        pass
    pool.tend(now=now)


@app.periodic(cron="53 * * * *")
@app.task(name="queues.tidy", queue="quick", queueing_lock="queues.tidy")
def tidy(timestamp: int) -> None:
    """Every hour: forget readmissions that nobody can use any more."""
    assignments.drop_spent_readmissions()
