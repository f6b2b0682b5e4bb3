"""A person's way to a queue or to an assignment of theirs, with their roles there: one statement each."""

import json
from typing import Any, TypeVar

from django.db.models import Model

from annotation import prepared
from annotation.models import Assignment, Project, Queue, User

Row = TypeVar("Row", bound=Model)
Desk = tuple[Assignment, frozenset[str]]
LARGEST = 2**63 - 1  # that a number in an address may be
ASSIGNMENT = ("id", "queue_id", "item_id", "annotator_id", "round", "place", "order", "state", "claimed_at", "shown_at",
    "due_at", "closed_at")  # fmt: skip
QUEUE = ("id", "project_id", "name", "kind", "seed", "lease_seconds", "gold_share", "repeat_share",
    "repeat_after_hours", "most_people", "skip_back_minutes", "skip_closes_after", "daily_quota", "total_quota",
    "qualify_on", "qualify_share", "stop_after", "paused_at", "asks_ranking", "asks_strength", "due_on")  # fmt: skip
PROJECT = ("id", "slug", "name", "question", "rubric")


def columns(alias: str, fields: tuple[str, ...]) -> str:
    """The select list of a model's fields."""
    return ", ".join(f'{alias}."{field}"' for field in fields)


# Somebody who is no member has no roles, and is told that there is no such row.
FROM_QUEUE = f"""
SELECT ARRAY(SELECT m.role::text FROM annotation_member m WHERE m.project_id = p.id AND m.user_id = %(me)s) AS roles,
    {columns("p", PROJECT)}, {columns("q", QUEUE)}
FROM annotation_queue q JOIN annotation_project p ON p.id = q.project_id WHERE q.id = %(queue)s::bigint
"""  # noqa: S608  # made of constants
FROM_ASSIGNMENT = f"""
SELECT ARRAY(SELECT m.role::text FROM annotation_member m WHERE m.project_id = p.id AND m.user_id = %(me)s) AS roles,
    {columns("p", PROJECT)}, {columns("q", QUEUE)}, {columns("a", ASSIGNMENT)}
FROM annotation_assignment a
JOIN annotation_queue q ON q.id = a.queue_id JOIN annotation_project p ON p.id = q.project_id
WHERE a.id = %(assignment)s::bigint
"""  # noqa: S608  # made of constants


def queue(user: User, pk: int) -> tuple[Queue, frozenset[str]] | None:
    """(queue with its project, the person's roles there); None for people outside the project."""
    found = None if pk > LARGEST else prepared.row(FROM_QUEUE, {"me": user.pk, "queue": pk})
    if found is None or not found[0]:
        return None
    return queue_of(found), frozenset(found[0])


def assignment(user: User, pk: int) -> Desk | None:
    """(assignment with its queue and project, the person's roles there); None for people outside the project.

    Whether it is theirs is for the caller to ask.
    """
    found = None if pk > LARGEST else prepared.row(FROM_ASSIGNMENT, {"me": user.pk, "assignment": pk})
    return None if found is None else with_roles(found, user)


def with_roles(found: tuple[Any, ...], user: User) -> Desk | None:
    """Out of a row of roles, project, queue and assignment; None if it has no roles."""
    if not found[0]:
        return None
    own = made(Assignment, ASSIGNMENT, found[1 + len(PROJECT) + len(QUEUE) :])
    own.queue = queue_of(found)
    if own.annotator_id == user.pk:
        own.annotator = user
    return own, frozenset(found[0])


def queue_of(found: tuple[Any, ...]) -> Queue:
    """The queue and its project out of a row."""
    values = found[1 : 1 + len(PROJECT)]
    project = made(Project, PROJECT, (*values[:-1], json.loads(values[-1])))
    read = made(Queue, QUEUE, found[1 + len(PROJECT) : 1 + len(PROJECT) + len(QUEUE)])
    read.project = project
    return read


def made(model: type[Row], fields: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    """A row as the ORM would have read it with only these fields."""
    given = dict(zip(fields, values, strict=True))
    # from_db takes values in the order of the model's own fields, whatever order their names come in.
    ordered = [field.attname for field in model._meta.concrete_fields if field.attname in given]
    return model.from_db("default", ordered, [given[name] for name in ordered])
