"""Jobs whose worker died: put back, safely to run again."""

from django.conf import settings
from django.db import IntegrityError, connection, transaction

# Locked, so that of two who look at the same time one puts a job back: the other would take it from its new worker.
STALLED = """
SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
"""


@transaction.atomic
def put_back() -> int:
    """Retry every stalled job; returns how many there were."""
    with connection.cursor() as sql:
        sql.execute(STALLED, [settings.STALLED_AFTER_SECONDS])
        jobs = [row[0] for row in sql.fetchall()]
    for job in jobs:
        retry(job)
    return len(jobs)


def retry(job: int) -> None:
    """Put one job back; where its successor is waiting already, that one does the work and this one ends."""
    try:
        with transaction.atomic():
            call("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", job)
    except IntegrityError:
        call("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", job)


def call(statement: str, job: int) -> None:
    """One of procrastinate's own database functions, on Django's connection."""
    with connection.cursor() as sql:
        sql.execute(statement, [job])
