"""Stored statistical results."""

from annotation.models import Project, Report


def latest(project: Project, kind: str) -> Report | None:
    """The newest report of a kind."""
    return Report.objects.filter(project=project, kind=kind).order_by("-pk").first()
