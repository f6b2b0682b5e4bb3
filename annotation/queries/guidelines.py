"""What annotators are told, and what has changed since they last looked."""

from django.db.models import Subquery

from annotation.models import Guideline, Member, Role, User
from flywheel.differences import Operation, word_diff


def latest(project_id: int) -> Guideline | None:
    """The project's newest guideline, if it has one."""
    return Guideline.objects.filter(project_id=project_id).order_by("-version").first()


def seen(project_id: int, user: User) -> Guideline | None:
    """The version that this annotator last looked at."""
    row = Member.objects.filter(project_id=project_id, user=user, role=Role.ANNOTATOR).select_related("guideline_seen")
    return member.guideline_seen if (member := row.first()) else None


def has_changed(project_id: int, user: User) -> bool:
    """Whether there is a version that this annotator has not looked at, having looked at an earlier one."""
    looked = Member.objects.filter(project_id=project_id, user=user, role=Role.ANNOTATOR)
    newest = Guideline.objects.filter(project_id=project_id).order_by("-version").values("version")[:1]
    return looked.filter(guideline_seen__version__lt=Subquery(newest)).exists()


def changes(old: Guideline, new: Guideline) -> list[tuple[Operation, str]]:
    """What was taken out and put in between two versions, word by word."""
    return word_diff(old.text, new.text)
