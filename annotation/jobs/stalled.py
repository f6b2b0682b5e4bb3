"""Takes up jobs whose worker died."""

from procrastinate.contrib.django import app

from annotation.actions import stalled


@app.periodic(cron="* * * * * */20")
@app.task(name="jobs.retry_stalled", queue="quick", queueing_lock="jobs.retry_stalled", priority=20)
def retry_stalled(timestamp: int) -> None:
    """Three times a minute: put jobs back whose worker shows no heartbeat."""
    stalled.put_back()
