"""Jobs of judges."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import verdicts
from annotation.enqueue import enqueue
from annotation.models import Project

RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)


@app.task(name="judges.judge", queue="quick", retry=RETRY)
def judge(*, project: int) -> None:
    """One round of judging; goes on in another job while items are left."""
    left = verdicts.judge_project(project=Project.objects.get(pk=project), now=timezone.now())
    if left:
        enqueue("judges.judge", project=project, lock=f"judge-{project}", once=f"judge-{project}")
