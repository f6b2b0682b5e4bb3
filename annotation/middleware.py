"""Small middlewares and the one context processor."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from csp.constants import HEADER
from csp.utils import build_policy
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from rest_framework.request import Request

from annotation.errors import RETRY_SECONDS, Refused
from annotation.models import User

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]


def wants_fragment(request: HttpRequest) -> bool:
    """True for htmx requests that swap a part: neither boosted links nor history restores."""
    htmx = request.htmx  # type: ignore[attr-defined]  # set by django-htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


class PolicyMiddleware:
    """The content security policy of the settings on every response, written once: no page needs one of its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response, self.policy = get_response, build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, self.policy)
        return response


class FragmentMiddleware:
    """Page and fragment share a URL: caches must tell them apart, or Back shows a bare fragment."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response


class RefusalMiddleware:
    """A refusal raised in a page view becomes a page with its sentence and status (the API has its own handler)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Only refusals, and a database that cannot be reached, are answered; programming errors are not caught at all."""
        if isinstance(error, OperationalError):
            return unreachable()
        if not isinstance(error, Refused):
            return None
        template = "refused.html#refusal" if wants_fragment(request) else "refused.html"
        return render(request, template, {"error": error}, status=error.status)


def unreachable() -> HttpResponse:
    """503 without anything from the database: it is starting again, or another request was in the way."""
    logger.warning("The database could not be reached, or broke off a transaction.")
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def peer_address(request: HttpRequest | Request) -> str:
    """The address of the connection itself."""
    return str(request.META.get("REMOTE_ADDR", ""))


def memberships(request: HttpRequest) -> dict[str, Any]:
    """`my_projects` for the navigation of people who are signed in; read only by pages that have one."""
    user = request.user
    return {"my_projects": SimpleLazyObject(partial(projects_of, user))} if user.is_authenticated else {}


def projects_of(user: User) -> list[dict[str, Any]]:
    """The person's projects by name: [{project, roles}]."""
    rows = user.memberships.select_related("project").order_by("project__name", "role")
    projects: dict[str, dict[str, Any]] = {}
    for row in rows:
        entry = projects.setdefault(row.project.slug, {"project": row.project, "roles": set()})
        entry["roles"].add(row.role)
    return list(projects.values())
