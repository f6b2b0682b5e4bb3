"""Jobs that train."""

from django.utils import timezone
from procrastinate.contrib.django import app

from annotation.actions import training


@app.task(name="runs.train", queue="long")
def train(*, run: int) -> None:
    """Train in a subprocess and register the candidate."""
    training.train(run=run, now=timezone.now())
