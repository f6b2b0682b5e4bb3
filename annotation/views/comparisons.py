"""What the annotate screen fetches when it is opened: further steps, a long text, final answers word by word."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotation.errors import Invalid
from annotation.middleware import wants_fragment
from annotation.models import Assignment, QueueKind
from annotation.queries import choices, differences
from annotation.queries.comparisons import STRETCH
from annotation.queries.sides import side
from annotation.views.assignments import own


@login_required
@require_GET
def diff(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Two final answers word by word, `left` and `right` by their places on the screen."""
    found = own(request, assignment_id)
    shown = differences.words(found, request.GET.get("left", "1"), request.GET.get("right", "2"))
    title = f"{shown['left']} and {shown['right']} word by word"
    return opened(request, found, "assignments/_words.html", {"diff": shown, "title": title})


@login_required
@require_GET
def steps(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """The aligned rows from `from` up to `to`."""
    found = own(request, assignment_id)
    start, stop = row(request, "from", "0"), row(request, "to", str(STRETCH))
    blocks = differences.rows(found, start, stop)
    sides = [side(n, 0) for n in range(len(found.order))]
    context: dict[str, Any] = {"blocks": blocks, "sides": sides, "title": "Further steps"}
    if found.queue.kind == QueueKind.MARK:
        context["marks"] = choices.marks({}, blocks)
    return opened(request, found, "assignments/_rows.html", context)


@login_required
@require_GET
def passage(request: HttpRequest, assignment_id: int, place: int, number: int, part: str) -> HttpResponse:
    """One long text of a step in full."""
    found = own(request, assignment_id)
    shown = differences.passage(found, place, number, part)
    title = f"{shown['side']}, step {number}: {shown['name']}"
    return opened(request, found, "assignments/_passage.html", {"passage": shown, "title": title})


def row(request: HttpRequest, name: str, default: str) -> int:
    """A row's number out of the address."""
    given = request.GET.get(name, default)
    if not given.isdecimal() or len(given) > 6:
        raise Invalid(f"The address needs {name}=, the number of a row.")
    return int(given)


def opened(request: HttpRequest, found: Assignment, fragment: str, shown: dict[str, Any]) -> HttpResponse:
    """The fragment alone for the script that opens it in place, in a page of its own without scripts."""
    template = fragment if wants_fragment(request) else "assignments/opened.html"
    context = {"assignment": found, "project": found.queue.project, "fragment": fragment}
    return render(request, template, context | shown)
