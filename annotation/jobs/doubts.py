"""Jobs that draw the consequences of doubts."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import doubted_items
from annotation.models import Project

RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)


@app.task(name="doubts.follow", queue="long", retry=RETRY)
def follow(*, project: int) -> None:
    """Bring targets and weights in line with the project's open doubts."""
    doubted_items.follow(project=Project.objects.get(pk=project), now=timezone.now())
