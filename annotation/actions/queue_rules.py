"""All rules of a queue at once, as a manager's form gives them: rules, named people, and whether drawn items follow."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.actions import queues
from annotation.enqueue import enqueue
from annotation.models import Project, Queue, User


@transaction.atomic
def establish(
    *, project: Project, rules: dict[str, Any], people: Collection[User], actor: User, now: datetime
) -> Queue:
    """A new queue with its named people."""
    queue = queues.create(project=project, actor=actor, now=now, **rules)
    queues.name_people(queue=queue, people=people, actor=actor, now=now)
    return queue


@transaction.atomic
def revise(
    *, queue: Queue, rules: dict[str, Any], people: Collection[User], is_applied: bool, actor: User, now: datetime
) -> Queue:
    """New rules and named people; `is_applied` brings the overlap to items that are drawn already, in a moment."""
    changed = queues.change(queue=queue, actor=actor, now=now, **rules)
    queues.name_people(queue=changed, people=people, actor=actor, now=now)
    if is_applied:
        # In the background: a large queue has many items, and claims go on meanwhile.
        enqueue("queues.follow", pk=changed.pk, once=f"follow-{changed.pk}")
    return changed
