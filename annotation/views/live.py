"""Parts of a page that refresh themselves while something is running."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotation.middleware import wants_fragment


def mark(*facts: object) -> str:
    """A short name for the state that a part shows; the part asks again with ?seen=<mark>."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def page_or_part(request: HttpRequest, template: str, part: str, context: dict[str, Any], seen: str) -> HttpResponse:
    """The page; its part for htmx; or nothing (204, which htmx does not swap) where the reader has it already."""
    is_part = wants_fragment(request)
    if is_part and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return render(request, f"{template}#{part}" if is_part else template, {**context, "seen": seen})
