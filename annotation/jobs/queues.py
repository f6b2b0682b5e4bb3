"""The heartbeat of all queues."""

from django.utils import timezone
from procrastinate.contrib.django import app

from annotation.actions import assignments, pool, retargets
from annotation.models import Queue


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


@app.task(name="queues.follow", queue="quick")
def follow(*, pk: int) -> None:
    """Bring a queue's overlap rule to the items that were drawn under an earlier one."""
    retargets.follow(queue=Queue.objects.get(pk=pk), now=timezone.now())
