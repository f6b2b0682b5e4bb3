"""Parts of a page that refresh themselves while something is running, and pages that ask whether work is here."""

import hashlib
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_GET

from annotation.middleware import wants_fragment
from annotation.queries import waiting as work
from annotation.views.access import person


def mark(*facts: object) -> str:
    """A short name for the state that a part shows; the part asks again with ?seen=<mark>."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def page_or_part(request: HttpRequest, template: str, part: str, context: dict[str, Any], seen: str) -> HttpResponse:
    """The page; its part for htmx; or nothing (204, which htmx does not swap) where the reader has it already."""
    is_part = wants_fragment(request)
    if is_known(request, seen):
        return HttpResponse(status=204)
    return render(request, f"{template}#{part}" if is_part else template, {**context, "seen": seen})


def is_known(request: HttpRequest, seen: str) -> bool:
    """Whether a part that refreshes itself shows this state already."""
    return wants_fragment(request) and request.GET.get("seen") == seen


@login_required
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """Where work waits for this person, in one queue of theirs or anywhere; 304 to who knows it already."""
    now, queue = timezone.now(), request.GET.get("queue", "")
    is_number = queue.isascii() and queue.isdecimal() and len(queue) < 19
    found = work.queue(int(queue), person(request), now=now) if is_number else work.everything(person(request), now=now)
    answer = JsonResponse({"waiting": found}, headers={"ETag": tag(found), "Cache-Control": "private, no-cache"})
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


def tag(found: list[str]) -> str:
    """The ETag of an answer, which the page may already hold."""
    return f'"{mark(*found)}"'
