"""Queues: the rules for asking, made and changed by managers."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid
from annotation.models import Project, Queue, QueueKind, Role, User
from annotation.queries import entry

SETTABLE = (
    "name", "kind", "sides", "asks_ranking", "asks_strength", "overlap", "second_share", "most_people", "lease_seconds",
    "batch_size", "exploration_share", "gold_share", "repeat_share", "repeat_after_hours", "daily_quota", "total_quota",
    "skills", "qualify_on", "qualify_share", "skip_back_minutes", "skip_closes_after", "stop_after", "due_on",
    "priority", "is_adjudicated", "enqueue",
)  # fmt: skip
FOR_GOOD = ("kind", "sides")  # items are made by these


@transaction.atomic
def create(*, project: Project, actor: User, now: datetime, **rules: Any) -> Queue:
    """A new queue; its pool is filled from the project's traces in the background."""
    queue = Queue(project=project, created_at=now, **checked(rules))
    save(queue)
    events.record("queue.created", project=project, actor=actor, now=now, subject=queue.pk, **told(rules))
    enqueue("items.pair", project=project.pk, once=f"pair-{project.pk}")
    return queue


@transaction.atomic
def change(*, queue: Queue, actor: User, now: datetime, **rules: Any) -> Queue:
    """New rules for what is drawn from now on; what is already lent out keeps its terms."""
    locked = lock(queue)
    for rule in FOR_GOOD:
        if rule in rules and rules[rule] != getattr(locked, rule):
            raise Invalid(f"The {rule} of a queue cannot be changed; make a new queue.")
    changed = {field: value for field, value in checked(rules).items() if getattr(locked, field) != value}
    for field, value in changed.items():
        setattr(locked, field, value)
    if changed:
        save(locked)
        events.record(
            "queue.changed", project=locked.project_id, actor=actor, now=now, subject=locked.pk, **told(changed)
        )
    return locked


@transaction.atomic
def name_people(*, queue: Queue, people: Collection[User], actor: User, now: datetime) -> Queue:
    """Only these annotators get work from the queue; nobody named is everybody."""
    locked = lock(queue)
    annotators = User.objects.filter(memberships__project=locked.project_id, memberships__role=Role.ANNOTATOR)
    wanted, before = {person.pk for person in people}, set(locked.named_people.values_list("pk", flat=True))
    # Who was named and has left may stay: without the last name the queue would be for everybody.
    if wanted - before - set(annotators.values_list("pk", flat=True)):
        raise Invalid("Only annotators of this project can be named; add them to the project first.")
    if wanted != before:
        locked.named_people.set(people)
        named = sorted(wanted)
        events.record("queue.people", project=locked.project_id, actor=actor, now=now, subject=locked.pk, people=named)
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
def stop(*, queue: Queue, now: datetime) -> Queue:
    """Pause a queue that has all the answers it asked for; more are lent when its rule is raised and it is resumed."""
    locked = lock(queue)
    if locked.paused_at is None:
        locked.paused_at = now
        locked.save(update_fields=["paused_at"])
        events.record(
            "queue.stopped",
            project=locked.project_id,
            actor=None,
            now=now,
            subject=locked.pk,
            answers=locked.stop_after,
        )
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


def told(rules: dict[str, Any]) -> dict[str, Any]:
    """The rules as the audit log keeps them."""
    return {rule: value.isoformat() if isinstance(value, date) else value for rule, value in rules.items()}


def save(queue: Queue) -> None:
    """Validate against the model's constraints and store."""
    queue.enqueue = entry.checked(queue.enqueue)
    try:
        queue.full_clean()
    except ValidationError as problem:
        field, sentences = next(iter(problem.message_dict.items()))
        where = "" if field == "__all__" else f"{field.replace('_', ' ').capitalize()}: "
        raise Invalid(f"{where}{' '.join(sentences)}") from problem
    refuse_strength_of_rankings(queue)
    queue.save()


def refuse_strength_of_rankings(queue: Queue) -> None:
    """How much better belongs to a pick; a whole order has no one pair that it would speak of."""
    if queue.asks_strength and queue.asks_ranking and queue.sides > 2 and queue.kind == QueueKind.COMPARE:
        raise Invalid(
            "A queue that asks for the whole order cannot ask how much better; switch one of the two off, "
            "or compare two runs at a time."
        )
