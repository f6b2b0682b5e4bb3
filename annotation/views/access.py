"""The one way a manager's or engineer's page finds its project or row: what is seen, then what the person may do."""

from functools import reduce
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from annotation.models import Assignment, Project, Queue, Role, User
from annotation.queries import desks, members

Row = TypeVar("Row", bound=Model)
EVERYBODY = tuple(Role.values)


def person(request: HttpRequest) -> User:
    """Who asks; every page behind login_required has one."""
    return cast("User", request.user)


def queue_to_work_in(request: HttpRequest, pk: int) -> Queue:
    """A queue with its project: 404 to strangers, 403 to those who do not annotate there."""
    found = desks.queue(person(request), pk)
    if found is None:
        raise Http404
    members.require_among(found[1], Role.ANNOTATOR)
    return found[0]


def own_assignment(request: HttpRequest, pk: int) -> Assignment:
    """The person's own assignment in a project where they (still) do such work, with its queue and project."""
    found = desks.assignment(person(request), pk)
    if found is None or found[0].annotator_id != person(request).pk:
        raise Http404
    members.require_among(found[1], *members.workers(found[0]))
    return found[0]


def project(request: HttpRequest, slug: str, *roles: str) -> tuple[Project, frozenset[str]]:
    """(project, the person's roles): 404 if it is not theirs, 403 without any of `roles`."""
    found: Project = get_object_or_404(Project.objects.visible_to(person(request)), slug=slug)
    return found, members.require(person(request), found, *roles)


def row(
    request: HttpRequest, rows: QuerySet[Row], pk: int, *roles: str, belongs_to: str = "project"
) -> tuple[Row, frozenset[str]]:
    """(row, the person's roles in its project); `belongs_to` is the way from the row to its project."""
    seen = {f"{belongs_to}__in": Project.objects.visible_to(person(request))}
    found = get_object_or_404(rows.filter(**seen).select_related(belongs_to), pk=pk)
    owner: Any = reduce(getattr, belongs_to.split("__"), found)
    return found, members.require(person(request), owner, *roles)
