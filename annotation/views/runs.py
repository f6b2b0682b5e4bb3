"""Training runs: started, watched, stopped."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.actions import runs as actions
from annotation.errors import Refused
from annotation.models import Policy, Project, Release, Role, Run
from annotation.queries import runs as found
from annotation.views import access, tables
from annotation.views.live import mark, page_or_part
from annotation.views.pages import page

READERS = (Role.MANAGER, Role.ENGINEER)
RUNNING = (Run.State.QUEUED, Run.State.RUNNING)
STAGES = {"sft": "Warm-up by imitation", "dpo": "Preference optimisation"}
DROPPED = {
    "bad_roles": "the messages are not prompt and answer",
    "empty": "an answer is empty",
    "identical": "both answers are the same",
    "prompt_too_long": "the prompt alone is longer than max length",
    "same_when_cut": "the answers differ only beyond max length",
}
COLUMNS = ("run", "state", "release", "base", "rows used", "right on test pairs", "policy", "at")


class RunForm(forms.Form):
    """What to train on; everything else has the trainer's own defaults."""

    release = forms.ModelChoiceField(
        queryset=Release.objects.none(), empty_label=None, help_text="Only ready releases can be trained on."
    )
    base = forms.CharField(
        required=False, max_length=200, label="Base model",
        help_text="A model's name or folder. Empty: a tiny model made here, which trains in minutes without a GPU.",
    )  # fmt: skip
    seed = forms.IntegerField(
        initial=0, min_value=0, max_value=2**31 - 1, help_text="The same seed gives the same weights."
    )


class AdvancedForm(forms.Form):
    """Settings that most runs leave alone."""

    epochs = forms.FloatField(required=False, min_value=0, help_text="Passes over the rows; default 3.")
    steps = forms.IntegerField(required=False, min_value=1, help_text="Optimiser steps instead of epochs.")
    batch = forms.IntegerField(required=False, min_value=1, help_text="Rows per step; default 8.")
    learning_rate = forms.FloatField(required=False, min_value=0, help_text="Default by the kind of model.")
    beta = forms.FloatField(required=False, min_value=0, help_text="How closely to stay with the base; default 0.1.")
    flip_prob = forms.FloatField(
        required=False, min_value=0, max_value=0.5, label="Share of wrong labels",
        help_text="If it was measured; then the robust loss is used.",
    )  # fmt: skip
    max_length = forms.IntegerField(required=False, min_value=16, help_text="Tokens of a row; default 1024.")
    warmup_steps = forms.IntegerField(required=False, min_value=0, help_text="Steps of imitation first.")
    lora = forms.BooleanField(required=False, label="Train an adapter (LoRA) instead of all weights")
    lora_rank = forms.IntegerField(required=False, min_value=1, help_text="Size of the adapter; default 8.")
    max_minutes = forms.FloatField(
        required=False, min_value=0, help_text="Stop after this time and keep what was learnt."
    )


@login_required
@require_GET
def runs(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The project's runs, newest first."""
    project, held = access.project(request, slug, *READERS)
    rows = project.runs.select_related("release", "policy").defer("release__manifest")
    if tables.is_wanted(request):
        return tables.csv_file(f"runs-{project.slug}", COLUMNS, map(line, rows.order_by("pk")))
    context = {"project": project, "held": held, "page": page(request, rows), "is_ready": found.training_ready()}
    return render(request, "runs/list.html", context)


def line(row: Run) -> tuple[Any, ...]:
    """One run of the file."""
    accuracy = (row.result.get("metrics") or {}).get("eval_rewards/accuracies")
    policy = str(row.policy) if hasattr(row, "policy") else ""
    return (
        row.number, row.state, row.release.number, row.config.get("base") or "tiny", row.result.get("rows_used"),
        accuracy, policy, row.created_at,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def run_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a run on a ready release."""
    project, _ = access.project(request, slug, Role.ENGINEER)
    form, advanced = forms_of(request, project)
    if request.method == "POST" and form.is_valid() and advanced.is_valid():
        config = {name: value for name, value in form.cleaned_data.items() if name != "release"}
        config |= {name: value for name, value in advanced.cleaned_data.items() if value not in (None, "", False)}
        try:
            made = actions.create(
                project=project, release=form.cleaned_data["release"], config=config,
                actor=access.person(request), now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return redirect("run", made.pk)
    context = {
        "project": project,
        "form": form,
        "advanced": advanced,
        "has_releases": form.fields["release"].queryset.exists(),  # type: ignore[attr-defined]  # a model choice field
        "is_ready": found.training_ready(),
    }
    return render(request, "runs/form.html", context, status=422 if form.errors or advanced.errors else 200)


def forms_of(request: HttpRequest, project: Project) -> tuple[RunForm, AdvancedForm]:
    """Both forms; the release that a link names is chosen already."""
    form = RunForm(request.POST or None, initial={"release": request.GET.get("release")})
    ready = project.releases.filter(state=Release.State.READY).order_by("-number")
    form.fields["release"].queryset = ready  # type: ignore[attr-defined]
    return form, AdvancedForm(request.POST or None)


@login_required
@require_GET
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: its plots while it trains, then its result."""
    row, held = access.row(request, Run.objects.select_related("release", "created_by"), run_id, *READERS)
    lines = found.metrics(row)
    log = found.log_tail(row)
    context = {
        "project": row.project,
        "section": "runs",
        "held": held,
        "run": row,
        "is_running": row.state in RUNNING,
        "is_ready": found.training_ready(),
        "stages": [stage | {"words": STAGES.get(stage["stage"], stage["stage"])} for stage in found.stages(lines)],
        "plots": [(STAGES.get(stage, stage), found.curves(lines, stage)) for stage in ("dpo", "sft")],
        "screened": screened(row.result),
        "policy": Policy.objects.filter(run=row).first(),
        "log": log,
    }
    return page_or_part(request, "runs/page.html", "run", context, mark(row.state, len(lines), log[-200:]))


def screened(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows in, used, dropped and why, of training, testing and warm-up."""
    parts = [("training", result), ("testing", result.get("test", {})), ("warm-up", result.get("warmup", {}))]
    return [
        {
            "part": name,
            "rows_in": part["rows_in"],
            "rows_used": part["rows_used"],
            "rows_cut": len(part.get("rows_cut", [])),
            "dropped": [
                {"words": DROPPED.get(why, why), "count": count}
                for why, count in Counter(row["reason"] for row in part.get("rows_dropped", [])).most_common()
            ],
        }
        for name, part in parts
        if "rows_in" in part
    ]


@login_required
@require_POST
def run_cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a waiting or running run."""
    row, _ = access.row(request, Run.objects.all(), run_id, Role.ENGINEER)
    stopped = actions.cancel(run=row, actor=access.person(request), now=timezone.now())
    if stopped.state == Run.State.CANCELLED:
        messages.success(request, "The run is stopped.")
    return redirect("run", row.pk)
