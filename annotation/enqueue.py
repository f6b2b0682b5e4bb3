"""Defers background jobs by name, inside the caller's transaction; knows none of them."""

from typing import Any

from django.db import connection, transaction
from procrastinate import exceptions, tasks
from procrastinate.contrib.django import app

WAITING = "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo' FOR KEY SHARE"


def enqueue(
    name: str,
    *,
    queue: str = "quick",
    lock: str | None = None,
    once: str | None = None,
    seconds: int = 0,
    **arguments: Any,
) -> bool:
    """Defer job `name` by `seconds`; with `once`, only if no job with that key is waiting. True if a job was added."""
    # Not app.configure_task: it imports every job, and with them numpy, into the web process.
    job = tasks.configure_task(
        name=name,
        job_manager=app.job_manager,
        queue=queue,
        lock=lock,
        queueing_lock=once,
        schedule_in={"seconds": seconds} if seconds else None,
    )
    while True:
        try:
            with transaction.atomic():
                job.defer(**arguments)
        except exceptions.AlreadyEnqueued:
            if held_back(once):
                return False
        else:
            return True


def held_back(once: str | None) -> bool:
    """Whether the job with this key still waits; it then starts after the caller's commit, so that it sees its work."""
    with connection.cursor() as sql:
        sql.execute(WAITING, [once])
        return sql.fetchone() is not None
