"""Home: my queues, what waits in them, and my recent answers."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotation.queries import assignments, disputes, waiting
from annotation.views.access import person
from annotation.views.live import tag


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Everything this person could go on with."""
    now = timezone.now()
    reviews = disputes.by_project(person(request))
    known = waiting.everything(person(request), now=now, reviews=waiting.reviews_of(reviews))
    context = {
        "known": " ".join(known),
        "tag": tag(known),
        "desk": assignments.desk(person(request), now=now),
        "reviews": reviews,
        "recent": assignments.recent(person(request)),
    }
    return render(request, "home.html", context)
