"""Jobs on traces."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import preparation, retention

RETRY = RetryStrategy(max_attempts=5, exponential_wait=3)


@app.task(name="traces.prepare", queue="quick", retry=RETRY)
def prepare(*, traces: list[int]) -> None:
    """Sanitise and embed one chunk."""
    preparation.prepare(traces=traces, now=timezone.now())


@app.periodic(cron="17 3 * * *")
@app.task(name="traces.drop_raw", queue="long", queueing_lock="traces.drop_raw")
def drop_raw(timestamp: int) -> None:
    """Every night: forget what was received, where its retention time is over."""
    retention.drop_raw(now=timezone.now())
