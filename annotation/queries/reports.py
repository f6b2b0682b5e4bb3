"""Stored statistical results."""

from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.models import Project, Report


def latest(project: Project, kind: str) -> Report | None:
    """The newest report of a kind."""
    return Report.objects.filter(project=project, kind=kind).order_by("-pk").first()


def is_waited_for(project: Project, kind: str) -> bool:
    """Whether a worker is computing this report, or soon will."""
    jobs = ProcrastinateJob.objects.filter(task_name="reports.build", status__in=("todo", "doing"))
    return jobs.filter(args__project=project.pk, args__kind=kind).exists()
