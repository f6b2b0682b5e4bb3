"""Forgets jobs that are long done; the tending alone leaves 17,000 a day."""

from procrastinate.contrib.django import app

HOURS = 24


@app.periodic(cron="7 * * * *")
@app.task(name="jobs.forget_done", queue="quick", queueing_lock="jobs.forget_done")
async def forget_done(timestamp: int) -> None:
    """Every hour: delete jobs that succeeded a day ago or earlier; failed ones stay to be looked at."""
    await app.job_manager.delete_old_jobs(nb_hours=HOURS)
