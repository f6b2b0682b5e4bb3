"""What annotators are told."""

from annotation.models import Guideline


def latest(project_id: int) -> Guideline | None:
    """The project's newest guideline, if it has one."""
    return Guideline.objects.filter(project_id=project_id).order_by("-version").first()
