"""Traces: found, read, and sent in as a file."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from annotation.actions import traces as actions
from annotation.middleware import wants_fragment
from annotation.models import Policy, Project, Role, Trace
from annotation.queries import traces as found
from annotation.views import access, tables
from annotation.views.pages import page
from flywheel.formats import reading, shape
from flywheel.records import BadInput

READERS = (Role.MANAGER, Role.ENGINEER)
COLUMNS = (
    "trace",
    "task",
    "policy",
    "state",
    "outcome",
    "reward",
    "input tokens",
    "output tokens",
    "cost",
    "ended",
    "arrived",
)
FORMATS = {
    "native": "Flywheel traces, one JSON object a line",
    "openai-chat": "OpenAI chat messages with tool calls",
    "tau-bench": "tau-bench runs",
    "swe-agent": "SWE-agent trajectories",
    "pandalm": "PandaLM pairs",
    "hh-rlhf": "HH-RLHF pairs",
    "pairs": "Flywheel pairs (pairs.jsonl)",
}


class TraceFilter(forms.Form):
    """Which traces to list."""

    policy = forms.ModelChoiceField(queryset=Policy.objects.none(), required=False, empty_label="all")
    outcome = forms.ChoiceField(choices=[("", "all"), *Trace.Outcome.choices], required=False)
    state = forms.ChoiceField(choices=[("", "all"), *Trace.State.choices], required=False)
    task = forms.CharField(max_length=200, required=False, label="Task begins with")

    def __init__(self, project: Project, given: QueryDict) -> None:
        super().__init__(given)
        self.fields["policy"].queryset = project.policies.order_by("name", "version")  # type: ignore[attr-defined]


class UploadForm(forms.Form):
    """A file of traces."""

    file = forms.FileField(help_text="JSON lines, or one JSON array.")
    format = forms.ChoiceField(
        choices=[(name, FORMATS.get(name, name)) for name in reading.FORMATS], help_text="How the file is written."
    )
    policy = forms.CharField(
        required=False, max_length=181, help_text='Whose runs these are where the lines do not say: "name@version".'
    )

    def clean_policy(self) -> str:
        """A policy reference, if one is given."""
        given = self.cleaned_data["policy"].strip()
        try:
            return shape.policy(given) if given else ""
        except BadInput as problem:
            raise forms.ValidationError(str(problem)) from problem

    def clean_file(self) -> object:
        """Not larger than the API takes."""
        file, limit = self.cleaned_data["file"], settings.INGEST_BODY_LIMIT
        if file.size > limit:
            raise forms.ValidationError(f"The file is larger than {limit // 2**20} MiB; split it.")
        return file


@login_required
@require_GET
def traces(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The project's traces, newest first."""
    project, held = access.project(request, slug, *READERS)
    form = TraceFilter(project, request.GET)
    form.is_valid()
    given = {name: form.cleaned_data.get(name) or "" for name in ("outcome", "state", "task")}
    policy = form.cleaned_data.get("policy")
    rows = found.listed(project, policy=policy.pk if policy else None, **given)
    if tables.is_wanted(request):
        return tables.csv_file(f"traces-{project.slug}", COLUMNS, map(line, rows.order_by("pk").iterator(2000)))
    context = {
        "project": project,
        "held": held,
        "form": form,
        "page": page(request, rows),
        "counts": found.counts(project),
    }
    template = "traces/list.html#traces-table" if wants_fragment(request) else "traces/list.html"
    return render(request, template, context)


def line(trace: Trace) -> tuple[Any, ...]:
    """One trace of the file."""
    return (
        trace.key, trace.task, str(trace.policy), trace.state, trace.outcome, trace.reward, trace.input_tokens,
        trace.output_tokens, trace.cost, trace.ended_at, trace.arrived_at,
    )  # fmt: skip


@login_required
@require_GET
def trace(request: HttpRequest, trace_id: int) -> HttpResponse:
    """One trace, step by step."""
    row, held = access.row(request, Trace.objects.select_related("policy"), trace_id, *READERS)
    context = {"project": row.project, "section": "traces", "held": held, "trace": row, **found.story(row)}
    return render(request, "traces/page.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def traces_upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a file in; every good line is kept, every other is named with its reason."""
    project, _ = access.project(request, slug, Role.ENGINEER)
    form = UploadForm(request.POST or None, request.FILES or None)
    result = None
    if request.method == "POST" and form.is_valid():
        lines = reading.read(
            form.cleaned_data["file"].file, form.cleaned_data["format"], policy=form.cleaned_data["policy"] or None
        )
        result = actions.ingest(project=project, lines=lines, now=timezone.now())
    is_refused = (form.is_bound and not form.is_valid()) or (
        result is not None and not result.created + result.duplicate
    )
    context = {"project": project, "form": form, "result": result}
    return render(request, "traces/upload.html", context, status=422 if is_refused else 200)
