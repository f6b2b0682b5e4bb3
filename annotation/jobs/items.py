"""Jobs on items."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import items, judges
from annotation.models import Project

RETRY = RetryStrategy(max_attempts=5, exponential_wait=3)


@app.task(name="items.pair", queue="quick", retry=RETRY)
def pair(*, project: int) -> None:
    """Fill the pools of a project, then let its judges look at what is new."""
    found = Project.objects.get(pk=project)
    items.pair_up(project=found, now=timezone.now())
    judges.summon(project)
