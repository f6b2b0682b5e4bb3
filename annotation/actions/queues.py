"""Queues: the rules for asking, made and changed by managers."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid
from annotation.models import Project, Queue, User

SETTABLE = (
    "name", "kind", "overlap", "second_share", "lease_seconds", "batch_size", "exploration_share", "gold_share",
    "repeat_share", "repeat_after_hours", "daily_quota",
)  # fmt: skip


@transaction.atomic
def create(*, project: Project, actor: User, now: datetime, **rules: Any) -> Queue:
    """A new queue; its pool is filled from the project's traces in the background."""
    queue = Queue(project=project, created_at=now, **checked(rules))
    save(queue)
    events.record("queue.created", project=project, actor=actor, now=now, subject=queue.pk, **rules)
    enqueue("items.pair", project=project.pk, once=f"pair-{project.pk}")
    return queue


@transaction.atomic
def change(*, queue: Queue, actor: User, now: datetime, **rules: Any) -> Queue:
    """New rules for what is drawn from now on; what is already lent out keeps its terms."""
    locked = lock(queue)
    if "kind" in rules and rules["kind"] != locked.kind:
        raise Invalid("The kind of a queue cannot be changed; make a new queue.")
    changed = {field: value for field, value in checked(rules).items() if getattr(locked, field) != value}
    for field, value in changed.items():
        setattr(locked, field, value)
    if changed:
        save(locked)
        events.record("queue.changed", project=locked.project_id, actor=actor, now=now, subject=locked.pk, **changed)
    return locked


@transaction.atomic
def pause(*, queue: Queue, actor: User, now: datetime) -> Queue:
    """Lend nothing more; what is lent can still be answered."""
    locked = lock(queue)
    if locked.paused_at is None:
        locked.paused_at = now
        locked.save(update_fields=["paused_at"])
        events.record("queue.paused", project=locked.project_id, actor=actor, now=now, subject=locked.pk)
    return locked


@transaction.atomic
def resume(*, queue: Queue, actor: User, now: datetime) -> Queue:
    """Lend again."""
    locked = lock(queue)
    if locked.paused_at is not None:
        locked.paused_at = None
        locked.save(update_fields=["paused_at"])
        events.record("queue.resumed", project=locked.project_id, actor=actor, now=now, subject=locked.pk)
    return locked


def lock(queue: Queue) -> Queue:
    """The queue's row as it is now, so that two managers do not undo each other's changes."""
    return Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)


def checked(rules: dict[str, Any]) -> dict[str, Any]:
    """The rules, or a refusal naming those that do not exist."""
    unknown = sorted(set(rules) - set(SETTABLE))
    if unknown:
        raise Invalid(f"A queue has no rule called {', '.join(unknown)}.")
    return rules


def save(queue: Queue) -> None:
    """Validate against the model's constraints and store."""
    try:
        # Django's forms call an absent value blank; here it is what "no quota" and "not paused" look like.
        queue.full_clean(exclude={"paused_at"} | ({"daily_quota"} if queue.daily_quota is None else set()))
    except ValidationError as problem:
        field, sentences = next(iter(problem.message_dict.items()))
        where = "" if field == "__all__" else f"{field.replace('_', ' ').capitalize()}: "
        raise Invalid(f"{where}{' '.join(sentences)}") from problem
    queue.save()
