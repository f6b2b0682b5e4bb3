"""Asking for a release; a worker builds it (actions/release_folders.py)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid
from annotation.models import Project, Release, User
from annotation.queries import releases
from annotation.queries.preferences import Filters

RECIPE = {"tie": "exclude", "both_bad": "exclude", "test_share": 0.1}


@transaction.atomic
def create(
    *,
    project: Project,
    filters: dict[str, Any],
    actor: User,
    now: datetime,
    recipe: dict[str, Any] | None = None,
    seed: int = 0,
) -> Release:
    """A queued release; what is left open in `until` is closed now, so that a rebuild sees the same answers."""
    wanted = releases.parsed(filters)
    refuse_foreign(project, wanted)
    frozen = releases.frozen(wanted)
    frozen["until"] = frozen["until"] or now.isoformat()
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    number = (project.releases.aggregate(top=Max("number"))["top"] or 0) + 1
    release = Release.objects.create(
        project=project,
        number=number,
        filters=frozen,
        recipe=checked(recipe or {}),
        seed=seed,
        parent=project.releases.filter(state=Release.State.READY).first(),
        created_by=actor,
        created_at=now,
    )
    events.record("release.created", project=project, actor=actor, now=now, subject=release.pk, filters=frozen)
    enqueue("releases.build", queue="long", release=release.pk)
    return release


def refuse_foreign(project: Project, filters: Filters) -> None:
    """What is named must be of this project; otherwise an empty release would come of a slip."""
    if filters.queue is not None and not project.queues.filter(pk=filters.queue).exists():
        raise Invalid(f"This project has no queue {filters.queue}.")
    unknown = sorted(set(filters.policies) - {str(policy) for policy in project.policies.all()})
    if unknown:
        raise Invalid(f"This project has no policy {', '.join(unknown)}.")


def checked(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe with its defaults filled in."""
    unknown = sorted(set(recipe) - set(RECIPE))
    if unknown:
        raise Invalid(f"A recipe has no {', '.join(unknown)}.")
    whole = RECIPE | recipe
    if whole["tie"] != "exclude" or whole["both_bad"] != "exclude":
        raise Invalid("Ties and both-bad answers can only be excluded.")
    if not isinstance(whole["test_share"], int | float) or not 0 < whole["test_share"] <= 0.5:
        raise Invalid("test_share must be a number above 0, and 0.5 at most.")
    return whole
