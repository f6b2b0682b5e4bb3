"""Defers background jobs by name, inside the caller's transaction; knows none of them."""

from typing import Any

from django.db import transaction
from procrastinate import exceptions, tasks
from procrastinate.contrib.django import app


def enqueue(
    name: str, *, queue: str = "quick", lock: str | None = None, once: str | None = None, **arguments: Any
) -> bool:
    """Defer job `name`; with `once`, only if no job with that key is waiting. True if a job was added."""
    # Not app.configure_task: it imports every job, and with them numpy, into the web process.
    job = tasks.configure_task(name=name, job_manager=app.job_manager, queue=queue, lock=lock, queueing_lock=once)
    try:
        with transaction.atomic():
            job.defer(**arguments)
    except exceptions.AlreadyEnqueued:
        return False
    return True
