"""Jobs that train."""

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import training
from annotation.enqueue import enqueue
from annotation.queries import runs

WAIT = 15  # seconds between two looks

# Only where the database went away: whatever else breaks, training again would break again.
RETRY = RetryStrategy(max_attempts=3, exponential_wait=5, retry_exceptions=[InterfaceError, OperationalError])


@app.task(name="runs.train", queue="long", retry=RETRY)
def train(*, run: int) -> None:
    """Train in a subprocess and register the candidate; wait while the training stack is still being installed."""
    if not runs.training_ready():
        enqueue("runs.train", queue="long", lock="training", seconds=WAIT, run=run)
        return
    training.train(run=run, now=timezone.now())
