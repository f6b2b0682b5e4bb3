"""Judges: what they are, how good they are on known answers, and whether they may work alone."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.actions import judges as actions
from annotation.errors import Refused
from annotation.models import Judge, Role
from annotation.queries import judge_pages, reports
from annotation.queries import judges as found
from annotation.views import access, tables

COLUMNS = ("judge", "item", "task", "shown first", "label", "P(a is better)", "cost", "at")

PROVIDERS = [
    ("embedding", "embedding: compares meaning with what people preferred; needs nothing else"),
    ("endpoint", "endpoint: an LLM behind any OpenAI-compatible address"),
    ("likelihood", "likelihood: a local language model as scorer"),
]


class JudgeForm(forms.Form):
    """A judge's configuration. The key itself is never typed here."""

    name = forms.CharField(max_length=80, help_text="How it appears in reports.")
    provider = forms.ChoiceField(choices=PROVIDERS, widget=forms.RadioSelect, initial="embedding")
    model = forms.CharField(
        required=False, max_length=200, help_text="For endpoint and likelihood: the model's name or folder."
    )
    base_url = forms.URLField(
        required=False, assume_scheme="https", label="Address", help_text="For endpoint, such as https://host/v1."
    )
    api_key_env = forms.CharField(
        required=False,
        max_length=80,
        label="Variable with the key",
        help_text="For endpoint: the server's variable that holds the key, starting with JUDGE_. The key is never stored.",
    )
    rubric = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For endpoint: what to look for; empty for the built-in rubric.",
    )


@login_required
@require_GET
def judges(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All judges of the project; as a file, their verdicts."""
    project, held = access.project(request, slug, Role.MANAGER, Role.ENGINEER)
    if tables.is_wanted(request):
        return tables.csv_file(f"verdicts-{project.slug}", COLUMNS, found.verdicts(project))
    rows = found.listed(project)
    context = {"project": project, "held": held, "rows": rows, "kappas": found.kappas(rows)}
    return render(request, "judges/list.html", context)


@login_required
@require_GET
def judge(request: HttpRequest, judge_id: int) -> HttpResponse:
    """One judge: how it is set up, how near it is to people, what sways it, and whom it may replace."""
    row, held = access.row(request, Judge.objects.all(), judge_id, Role.MANAGER, Role.ENGINEER)
    report = reports.latest(row.project, "bias")
    context = {
        "project": row.project,
        "section": "judges",
        "held": held,
        "judge": row,
        "spent": found.spent(row),
        "report": report,
        "events": judge_pages.events(row),
        "failure": judge_pages.last_failure(row),
        "how_known": found.HOW_KNOWN,
        **judge_pages.layout(row, report, names=Role.MANAGER in held),
    }
    return render(request, "judges/page.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def judge_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new judge; it starts on the project's items in the background."""
    project, _ = access.project(request, slug, Role.MANAGER)
    form = JudgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        rubric = given.pop("rubric")
        try:
            made = actions.create(
                project=project,
                actor=access.person(request),
                now=timezone.now(),
                settings={"rubric": rubric} if rubric else {},
                **given,
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"{made.name} begins to look at the project's items.")
            return redirect("judges", project.slug)
    return render(request, "judges/form.html", {"project": project, "form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def judge_automatic(request: HttpRequest, judge_id: int) -> HttpResponse:
    """Let a judge decide without a person, or stop it; a refusal says why."""
    judge, _ = access.row(request, Judge.objects.all(), judge_id, Role.MANAGER)
    wanted = request.POST.get("on") == "1"
    try:
        actions.set_automatic(judge=judge, is_automatic=wanted, actor=access.person(request), now=timezone.now())
    except Refused as refusal:
        rows = found.listed(judge.project)
        context = {
            "project": judge.project,
            "section": "judges",
            "held": {Role.MANAGER},
            "rows": rows,
            "kappas": found.kappas(rows),
            "refusal": refusal,
            "refused": judge.pk,
        }
        return render(request, "judges/list.html", context, status=refusal.status)
    messages.success(
        request, f"{judge.name} {'may decide by itself now' if wanted else 'no longer decides by itself'}."
    )
    return redirect("judges", judge.project.slug)
