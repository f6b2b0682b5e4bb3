"""What annotators are told, and what has changed since they last looked."""

from annotation.models import Guideline, Member, Role, User
from flywheel.differences import Operation, word_diff


def latest(project_id: int) -> Guideline | None:
    """The project's newest guideline, if it has one."""
    return Guideline.objects.filter(project_id=project_id).order_by("-version").first()


def seen(project_id: int, user: User) -> Guideline | None:
    """The version that this annotator last looked at."""
    row = Member.objects.filter(project_id=project_id, user=user, role=Role.ANNOTATOR).select_related("guideline_seen")
    return member.guideline_seen if (member := row.first()) else None


def changes(old: Guideline, new: Guideline) -> list[tuple[Operation, str]]:
    """What was taken out and put in between two versions, word by word."""
    return word_diff(old.text, new.text)
