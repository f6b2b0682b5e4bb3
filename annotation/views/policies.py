"""Policies: where each comes from, which one is champion, and the way forward and back."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from annotation.actions import policies as actions
from annotation.errors import Refused
from annotation.models import Policy, Role
from annotation.queries import policies as found
from annotation.queries import reports
from annotation.views import access, tables
from annotation.views.pages import page

READERS = (Role.MANAGER, Role.ENGINEER)
COLUMNS = ("policy", "champion", "origin", "base", "made by run", "learned from release", "since")


class ReasonForm(forms.Form):
    """Why the champion changes."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is kept in the history: the next person will want to know.",
    )


@login_required
@require_GET
def policies(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The project's policies and its champions so far."""
    project, held = access.project(request, slug, *READERS)
    rows = project.policies.select_related("run", "release").defer("release__manifest", "run__result")
    if tables.is_wanted(request):
        return tables.csv_file(f"policies-{project.slug}", COLUMNS, lines(rows.order_by("pk"), found.champion(project)))
    newest, report = project.deployments.first(), reports.latest(project, "win-rate")
    context = {
        "project": project,
        "held": held,
        "champion": found.champion(project),
        "before": found.before(newest) if newest else None,
        "page": page(request, rows),
        "report": report,
        "win_rates": found.win_rates(report) if report else [],
        "is_waited_for": reports.is_waited_for(project, "win-rate"),
        "deployments": project.deployments.select_related("policy", "previous", "by")[:50],
    }
    return render(request, "policies/list.html", context)


def lines(rows: Iterable[Policy], champion: Policy | None) -> Iterator[tuple[Any, ...]]:
    """The lines of the file of policies."""
    for row in rows:
        run, release = row.run and row.run.number, row.release and row.release.number
        yield str(row), row == champion, row.origin, row.base, run, release, row.created_at


@login_required
@require_GET
def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    """One policy: its lineage, its figures and when it was champion."""
    row, held = access.row(request, Policy.objects.select_related("run", "release", "parent"), policy_id, *READERS)
    context = {
        "project": row.project,
        "section": "policies",
        "held": held,
        "policy": row,
        "champion": found.champion(row.project),
        "lineage": found.lineage(row),
        "metrics": sorted((name, value) for name, value in row.metrics.items() if isinstance(value, int | float)),
        "deployments": row.deployments.select_related("previous", "by"),
        "n_traces": row.traces.count(),
    }
    return render(request, "policies/page.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def policy_promote(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Confirm with a reason, then make the policy champion."""
    row, _ = access.row(request, Policy.objects.all(), policy_id, *READERS)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.promote(
                policy=row, by=access.person(request), reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"{row} is the champion now.")
            return redirect("policies", row.project.slug)
    context = {
        "project": row.project,
        "section": "policies",
        "form": form,
        "policy": row,
        "champion": found.champion(row.project),
    }
    return render(request, "policies/promote.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def rollback(request: HttpRequest, slug: str) -> HttpResponse:
    """Confirm with a reason, then go back to the champion before."""
    project, _ = access.project(request, slug, *READERS)
    newest = project.deployments.first()
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.roll_back(
                project=project, by=access.person(request), reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"{made.policy} is the champion again.")
            return redirect("policies", project.slug)
    context = {
        "project": project,
        "form": form,
        "champion": found.champion(project),
        "before": found.before(newest) if newest else None,
    }
    return render(request, "policies/rollback.html", context, status=422 if form.errors else 200)
