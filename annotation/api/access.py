"""The one way a view finds its project or row: what is seen, what the token is for, what the person may do."""

from functools import reduce
from typing import TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from annotation.errors import Forbidden
from annotation.models import Assignment, Project, Queue, Role, Scope, Token, User
from annotation.queries import desks, members, tokens

Row = TypeVar("Row", bound=Model)


class MissingScope(Forbidden):
    """The token was made for something else."""

    type = "missing-scope"


def person(request: Request) -> User:
    """Who asks; the permissions of the API admit nobody who is not signed in."""
    return cast("User", request.user)


def project(request: Request, slug: str, *roles: str, scope: Scope) -> Project:
    """The project: 404 if it is not this person's or not this token's, 403 without the scope or any of the roles."""
    rows = Project.objects.visible_to(person(request))
    found = get_object_or_404(only_the_tokens(request, rows, "pk"), slug=slug)
    check(request, found, roles, scope)
    return found


def row(request: Request, rows: QuerySet[Row], pk: int, *roles: str, scope: Scope, belongs_to: str = "project") -> Row:
    """A row out of those that are visible to this person; `belongs_to` is the way from it to its project."""
    rows = only_the_tokens(request, rows.select_related(belongs_to), belongs_to)
    found = get_object_or_404(rows, pk=pk)
    check(request, reduce(getattr, belongs_to.split("__"), found), roles, scope)  # type: ignore[arg-type]  # a path of fields ends at a project
    return found


def queue(request: Request, pk: int) -> Queue:
    """A queue to work in, with its project: 404 to strangers, 403 to those who do not annotate there."""
    found = desks.queue(person(request), pk)
    if found is None or is_of_another(request, found[0].project_id):
        raise Http404
    check_scope(request, Scope.QUEUE_WORK)
    members.require_among(found[1], Role.ANNOTATOR)
    return found[0]


def assignment(request: Request, pk: int) -> Assignment:
    """The caller's own assignment, with its queue and project; somebody else's does not exist for them."""
    came, found = tokens.desk_of(request.auth, pk) if isinstance(request.auth, Token) else (False, None)
    if not came:
        found = desks.assignment(person(request), pk)
    if found is None or is_of_another(request, found[0].queue.project_id):
        raise Http404
    check_scope(request, Scope.QUEUE_WORK)
    members.require_among(found[1], *members.workers(found[0]))
    if found[0].annotator_id != person(request).pk:
        raise Http404
    return found[0]


def is_of_another(request: Request, project: int) -> bool:
    """Whether the request's token was made for another project."""
    return isinstance(request.auth, Token) and request.auth.project_id != project


def only_the_tokens(request: Request, rows: QuerySet[Row], path: str) -> QuerySet[Row]:
    """A token works in its own project only, even where its owner is a member of several."""
    return rows.filter(**{path: request.auth.project_id}) if isinstance(request.auth, Token) else rows


def check(request: Request, found: Project, roles: tuple[str, ...], scope: Scope) -> None:
    """Scope of the token, then role of the person."""
    check_scope(request, scope)
    members.require(person(request), found, *roles)


def check_scope(request: Request, scope: Scope) -> None:
    """Refuse a token that was made for something else."""
    if isinstance(request.auth, Token) and scope not in request.auth.scopes:
        raise MissingScope(f"This token lacks the scope {scope}; make one that has it.")
