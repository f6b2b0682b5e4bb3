"""Keyset pages of a list, newest first: ?before=<id> goes on to older rows, ?after=<id> back to newer ones."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the query strings of the pages beside this one (empty where there is none)."""

    rows: list[Any]
    newer: str
    older: str


def page(request: HttpRequest, rows: QuerySet[Any], *, size: int = SIZE) -> Page:
    """The page that the request asks for; every other parameter is kept in the links."""
    before, after = number(request, "before"), number(request, "after")
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        shown = found[:size][::-1]
        has_newer, has_older = len(found) > size, bool(shown)
    else:
        seen = rows if before is None else rows.filter(pk__lt=before)
        found = list(seen.order_by("-pk")[: size + 1])
        shown = found[:size]
        has_newer, has_older = before is not None and bool(shown), len(found) > size
    return Page(
        rows=shown,
        newer=link(request, "after", shown[0].pk) if has_newer else "",
        older=link(request, "before", shown[-1].pk) if has_older else "",
    )


def number(request: HttpRequest, name: str) -> int | None:
    """A row's id from the address; anything else counts as none."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def link(request: HttpRequest, name: str, pk: int) -> str:
    """The query string with this place in it."""
    query = request.GET.copy()
    for place in ("before", "after"):
        query.pop(place, None)
    query[name] = str(pk)
    return f"?{query.urlencode()}"
