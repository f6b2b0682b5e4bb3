"""API tokens: made here, shown once, revoked."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotation.actions import tokens as actions
from annotation.models import Role, Scope, Token
from annotation.views import access, tables

SCOPES = {
    Scope.TRACES_WRITE: "send traces in",
    Scope.QUEUE_WORK: "list queues, claim and answer items",
    Scope.DATA_READ: "read traces, answers, reports and releases",
    Scope.RELEASES_WRITE: "make releases",
    Scope.RUNS_WRITE: "start and stop training runs",
    Scope.POLICIES_WRITE: "promote policies and roll back",
}
COLUMNS = ("name", "begins with", "may", "made", "lasts until", "revoked")


class TokenForm(forms.Form):
    """What a program may do, and for how long."""

    name = forms.CharField(max_length=80, help_text="What uses it, so that others know before they revoke it.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, f"{scope}: {what}") for scope, what in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="As few as it needs; it can never do more than you may.",
    )
    days = forms.IntegerField(
        required=False, min_value=1, max_value=3650, label="Days it lasts", help_text="Empty: until it is revoked."
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest, slug: str) -> HttpResponseBase:
    """My tokens in this project; POST makes one, and its answer is the only page that shows the secret."""
    project, _ = access.project(request, slug, Role.ENGINEER)
    mine = project.tokens.filter(user=access.person(request)).order_by("-pk")
    if request.method == "GET" and tables.is_wanted(request):
        return tables.csv_file(f"tokens-{project.slug}", COLUMNS, map(line, mine))
    form, secret, now = TokenForm(request.POST or None), None, timezone.now()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        expires_at = now + timedelta(days=given["days"]) if given["days"] else None
        _, secret = actions.create(
            project=project, user=access.person(request), name=given["name"], scopes=given["scopes"],
            now=now, expires_at=expires_at,
        )  # fmt: skip
        form = TokenForm()
    context = {"project": project, "form": form, "secret": secret, "rows": mine, "now": now}
    return render(request, "tokens/list.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Stop one of my tokens from working."""
    mine = Token.objects.filter(user=access.person(request))
    token, _ = access.row(request, mine, token_id, Role.ENGINEER)
    actions.revoke(token=token, actor=access.person(request), now=timezone.now())
    messages.success(request, f"{token.name} no longer works.")
    return redirect("tokens", token.project.slug)


def line(token: Token) -> tuple[Any, ...]:
    """One token of the file, never more of its secret than the page shows."""
    return token.name, token.prefix, " ".join(token.scopes), token.created_at, token.expires_at, token.revoked_at
