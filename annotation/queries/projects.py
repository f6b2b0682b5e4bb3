"""The overview of a project, by what a person may see."""

from collections.abc import Set
from datetime import datetime
from typing import Any

from annotation.models import Project, Role, Run
from annotation.queries import judges, policies, queues, reports, traces

RUNNING = (Run.State.QUEUED, Run.State.RUNNING)


def overview(project: Project, roles: Set[str], *, now: datetime) -> dict[str, Any]:
    """What the cards of the overview show; parts that the roles do not open are missing."""
    shown: dict[str, Any] = {}
    if roles & {Role.MANAGER, Role.ENGINEER, Role.REVIEWER}:
        shown["queues"] = queues.listed(project, now=now)
        shown["bias"] = reports.latest(project, "bias")
    if roles & {Role.MANAGER, Role.ENGINEER}:
        shown |= {
            "traces": traces.counts(project),
            "judges": judges.listed(project),
            "release": project.releases.defer("manifest").first(),
            "run": project.runs.select_related("release").first(),
            "champion": policies.champion(project),
            "candidates": policies.candidates(project),
        }
    return shown


def is_busy(project: Project) -> bool:
    """Whether something runs that the overview should follow."""
    building = project.releases.filter(state__in=("queued", "building")).exists()
    return building or project.runs.filter(state__in=RUNNING).exists()
