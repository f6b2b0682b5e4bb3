"""Jobs of judges."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from annotation.actions import judges, verdicts
from annotation.models import Project

RETRY = RetryStrategy(max_attempts=3, exponential_wait=5)


@app.task(name="judges.judge", queue="quick", retry=RETRY)
def judge(*, project: int) -> None:
    """One round of judging; goes on in another job while there is more to ask."""
    if verdicts.judge_project(project=Project.objects.get(pk=project), now=timezone.now()):
        judges.summon(project)


@app.periodic(cron="*/10 * * * *")
@app.task(name="judges.again", queue="quick", queueing_lock="judges.again")
def again(timestamp: int) -> None:
    """Every ten minutes: what judges failed on is asked again when its time has come."""
    for project in verdicts.projects_to_judge(now=timezone.now()):
        judges.summon(project.pk)
