"""Asking for a training run; a worker runs it (actions/training.py)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid, Refused
from annotation.models import Project, Release, Run, User

NUMBERS = {
    "seed": int, "epochs": float, "steps": int, "batch": int, "learning_rate": float, "beta": float, "max_length": int,
    "lora_rank": int, "flip_prob": float, "warmup_steps": int, "max_minutes": float,
}  # fmt: skip
LONGEST = 200  # characters of a model's name
OTHERS = {"base": str, "loss": str, "lora": bool}


class NotReady(Refused):
    """The release has no folder to learn from."""

    type = "release-not-ready"


@transaction.atomic
def create(*, project: Project, release: Release, config: dict[str, Any], actor: User, now: datetime) -> Run:
    """A queued DPO run on a ready release of this project."""
    if release.project_id != project.pk:
        raise Invalid("This project has no such release.")
    if release.state != Release.State.READY:
        raise NotReady(f"Release {release.number} is {release.state}; only a ready release can be trained on.")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    run = Run.objects.create(
        project=project,
        number=(project.runs.aggregate(top=Max("number"))["top"] or 0) + 1,
        release=release,
        config=checked(config),
        created_by=actor,
        created_at=now,
    )
    events.record("run.created", project=project, actor=actor, now=now, subject=run.pk, release=release.pk)
    enqueue("runs.train", queue="long", lock="training", run=run.pk)
    return run


@transaction.atomic
def cancel(*, run: Run, actor: User, now: datetime) -> Run:
    """Stop a waiting or running run; the worker sees the new state within seconds."""
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state in (Run.State.QUEUED, Run.State.RUNNING):
        locked.state, locked.finished_at = Run.State.CANCELLED, now
        locked.save(update_fields=["state", "finished_at"])
        events.record("run.cancelled", project=locked.project_id, actor=actor, now=now, subject=locked.pk)
    return locked


def checked(config: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, by type; what is missing gets the trainer's defaults."""
    kinds = NUMBERS | OTHERS
    unknown = sorted(set(config) - set(kinds))
    if unknown:
        raise Invalid(f"A run has no setting called {', '.join(unknown)}.")
    given = {name: value for name, value in config.items() if value not in (None, "")}
    for name, value in given.items():
        wanted = (int, float) if kinds[name] is float else kinds[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and kinds[name] is not bool):
            raise Invalid(
                f"{name} must be {'a number' if name in NUMBERS else 'true or false' if name == 'lora' else 'text'}."
            )
        if isinstance(value, int | float) and not abs(value) < 2**63:  # NaN is not either
            raise Invalid(f"{name} must be a number of ordinary size.")
        if isinstance(value, str) and (len(value) > LONGEST or not value.isprintable()):
            raise Invalid(f"{name} must be a name of at most {LONGEST} printable characters.")
    return given
