"""The audit log: who decided what, written in the same transaction as the decision."""

from datetime import datetime
from typing import Any

from annotation.models import Event, Project, User


def record(
    verb: str,
    *,
    project: Project | int | None,
    actor: User | None,
    now: datetime,
    subject: int | None = None,
    **detail: Any,
) -> None:
    """Add one line; `detail` holds plain values and never trace content."""
    project_id = project.pk if isinstance(project, Project) else project
    Event.objects.create(project_id=project_id, actor=actor, verb=verb, subject=subject, detail=detail, created_at=now)
