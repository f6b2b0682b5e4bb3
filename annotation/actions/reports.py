"""Asking for a report; a worker computes it (actions/report_building.py)."""

from datetime import datetime

from django.db import transaction

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid
from annotation.models import Project, User
from annotation.queries.report_data import KINDS


@transaction.atomic
def request(*, project: Project, kind: str, actor: User, now: datetime) -> bool:
    """Have a report computed; False if that is already on its way."""
    if kind not in KINDS:
        raise Invalid(f"There is no report called {kind!r}; choose among {', '.join(KINDS)}.")
    is_new = enqueue("reports.build", queue="long", project=project.pk, kind=kind, once=f"{kind}-{project.pk}")
    if is_new:
        events.record("report.requested", project=project, actor=actor, now=now, kind=kind)
    return is_new
