"""Adjudication: what waits for a reviewer, and a decision beside what everybody said."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation.actions import adjudications
from annotation.middleware import wants_fragment
from annotation.models import Assignment, Item, Project, Role, Round
from annotation.queries import comparisons, disputes, members
from annotation.queries.sides import displayed_traces
from annotation.views import access, tables
from annotation.views.assignments import own

COLUMNS = ("item", "task", "queue", "people asked", "since", "with you")


@login_required
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The disputed items, without what anybody said; POST takes one, the longest waiting unless `item` names another."""
    project, held = access.project(request, slug, Role.REVIEWER)
    if request.method == "POST":
        return next_dispute(request, project)
    rows = disputes.waiting(project, access.person(request))
    if tables.is_wanted(request):
        lines = ((row.item, row.task, row.queue_name, row.people, row.at, row.is_open) for row in rows)
        return tables.csv_file(f"disputes-{project.slug}", COLUMNS, lines)
    return render(request, "adjudications/list.html", {"project": project, "held": held, "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def adjudication(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """An own decision beside everybody's answers; POST says why they differed and goes on to the next item."""
    found = own(request, assignment_id)
    if found.round != Round.ADJUDICATION:
        raise Http404
    if request.method == "POST":
        adjudications.decide(assignment=found, reason=request.POST.get("reason", ""), now=timezone.now())
        return next_dispute(request, found.queue.project)
    decision = disputes.standing(found)
    if decision is None:  # what others said is shown only to who has judged
        return redirect("assignment", found.pk)
    return render(request, "adjudications/page.html", context(request, found, decision.answer.get("reason", "")))


def context(request: HttpRequest, found: Assignment, reason: str) -> dict[str, object]:
    """What the page of a decision shows; names are for managers."""
    held = members.roles(access.person(request), found.queue.project)
    return {
        "project": found.queue.project,
        "section": "review",
        "queue": found.queue,
        "assignment": found,
        "answers": disputes.said(found, names=Role.MANAGER in held),
        "reasons": disputes.REASONS.items(),
        "reason": reason,
        "screen": comparisons.screen(found, displayed_traces(found)),
    }


def next_dispute(request: HttpRequest, project: Project) -> HttpResponse:
    """Take the item that is named, or the first that waits, and show it."""
    reviewer = access.person(request)
    wanted = request.POST.get("item", "")
    if wanted.isdecimal():
        rows = Item.objects.filter(queue__project=project)
        taken = adjudications.take(item=get_object_or_404(rows, pk=int(wanted)), reviewer=reviewer, now=timezone.now())
        return leave(request, "assignment", taken.pk)
    for dispute in disputes.waiting(project, reviewer, most=5):
        try:  # another reviewer may be faster
            taken = adjudications.take(item=Item.objects.get(pk=dispute.item), reviewer=reviewer, now=timezone.now())
        except adjudications.NotDisputed:
            continue
        return leave(request, "assignment", taken.pk)
    messages.info(request, "Nothing is disputed right now.")
    return leave(request, "review", project.slug)


def leave(request: HttpRequest, name: str, *arguments: int | str) -> HttpResponse:
    """Go to another page, also from a part of one."""
    url = reverse(name, args=arguments)
    if not wants_fragment(request):
        return redirect(url)
    # The empty part tells the annotate screen that an answer it had kept for later was taken.
    return HttpResponse('<div id="work"></div>', headers={"HX-Redirect": url})
