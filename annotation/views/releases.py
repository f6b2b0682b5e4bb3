"""Releases: what would be exported and why not more, their making, and their files."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from annotation.actions import releases as actions
from annotation.errors import Refused
from annotation.middleware import wants_fragment
from annotation.models import Project, Queue, Release, Role
from annotation.queries import release_files
from annotation.queries import releases as found
from annotation.views import access, tables
from annotation.views.fields import Day, Percent
from annotation.views.files import served
from annotation.views.live import mark, page_or_part
from annotation.views.pages import page
from flywheel.datasets.card import REASONS

READERS = (Role.MANAGER, Role.ENGINEER)
BUILDING = (Release.State.QUEUED, Release.State.BUILDING)
KINDS = [
    ("preference", "preference: chosen and rejected, for DPO"),
    ("sft", "sft: answers to imitate"),
    ("stepwise", "stepwise: marked runs, for a process reward model"),
]
COLUMNS = (
    "release", "state", *(f"{kind} rows to {use}" for kind, _ in KINDS for use in ("train", "test")), "digest",
    "asked for by", "at",
)  # fmt: skip


class ReleaseForm(forms.Form):
    """Which answers, by which rules; what is left empty is not filtered by."""

    queue = forms.ModelChoiceField(queryset=Queue.objects.none(), required=False, empty_label="all queues")
    since = Day(required=False, label="Answered from")
    until = Day(required=False, label="Answered before", help_text="Empty: up to now.")
    min_annotators = forms.IntegerField(
        min_value=1,
        max_value=50,
        initial=1,
        label="People per pair, at least",
        help_text="Pairs with fewer answers stay out.",
    )
    min_agreement = Percent(
        initial=0.0, label="Agreement, at least (%)", help_text="Share of people behind the majority."
    )
    kinds = forms.MultipleChoiceField(
        choices=KINDS, initial=[kind for kind, _ in KINDS], widget=forms.CheckboxSelectMultiple, label="Rows"
    )
    policies = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="Only runs of these; none ticked means all."
    )
    demonstrations = forms.BooleanField(required=False, initial=True, label="Add the experts' demonstrations to sft")
    judged = forms.BooleanField(
        required=False,
        label="Also pairs that a judge may decide alone",
        help_text="Pairs that nobody answered, where a judge that decides alone says the same in both orders and the sides "
        "hardly differ in what it is biased in. No person sees these rows; each says that a judge was its source.",
    )
    test_share = Percent(initial=0.1, label="Kept for testing (%)", help_text="Whole tasks, never single rows.")
    seed = forms.IntegerField(
        min_value=0, max_value=2**53 - 1, initial=0, help_text="Fixes which tasks are kept for testing."
    )

    def __init__(self, project: Project, *given: Any) -> None:
        super().__init__(*given)
        self.fields["queue"].queryset = project.queues.order_by("name")  # type: ignore[attr-defined]  # a model choice field
        names = [str(policy) for policy in project.policies.order_by("name", "version")]
        self.fields["policies"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]  # a choice field

    def wanted(self) -> dict[str, Any]:
        """The filters, recipe and seed as the action takes them."""
        given = dict(self.cleaned_data)
        given["queue"] = given["queue"].pk if given["queue"] else None
        for name in ("since", "until"):
            given[name] = datetime.combine(given[name], time(), UTC).isoformat() if given[name] else None
        recipe, seed = {"test_share": given.pop("test_share")}, given.pop("seed")
        return {"filters": given, "recipe": recipe, "seed": seed}


@login_required
@require_GET
def releases(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The project's releases, newest first."""
    project, held = access.project(request, slug, *READERS)
    rows = project.releases.select_related("created_by").defer("manifest").annotate(counts=F("manifest__rows"))
    if tables.is_wanted(request):
        return tables.csv_file(f"releases-{project.slug}", COLUMNS, map(line, rows.order_by("pk")))
    return render(request, "releases/list.html", {"project": project, "held": held, "page": page(request, rows)})


def line(row: Any) -> tuple[Any, ...]:
    """One release of the file."""
    counts = [(row.counts or {}).get(kind, {}).get(split, 0) for kind, _ in KINDS for split in ("train", "test")]
    return row.number, row.state, *counts, row.digest, row.created_by.get_username(), row.created_at


@login_required
@require_http_methods(["GET", "POST"])
def release_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form and what it would give right now; POST makes the release in the background, unless it asks for a preview."""
    project, held = access.project(request, slug, Role.ENGINEER)
    form = ReleaseForm(project, request.POST or None)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            made = actions.create(project=project, actor=access.person(request), now=timezone.now(), **form.wanted())
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return redirect("release", made.pk)
    filters = form.wanted()["filters"] if form.is_bound and form.is_valid() else {}
    preview = None if form.errors else found.preview(project=project, filters=filters)
    context = {"project": project, "held": held, "form": form, "preview": preview, "reasons": reasons(preview)}
    if wants_fragment(request):
        return render(request, "releases/form.html#preview", context)
    return render(request, "releases/form.html", context, status=422 if form.errors else 200)


def reasons(preview: found.Preview | None) -> list[dict[str, Any]]:
    """Why rows are left out: {reason, words, count, examples}, the most frequent first."""
    if preview is None:
        return []
    return [
        {
            "reason": reason,
            "words": REASONS.get(reason, reason),
            "count": count,
            "examples": [
                {"text": row.pair_id, "detail": row.detail, "item": item_of(row.pair_id)}
                for row in preview.examples
                if row.reason == reason
            ],
        }
        for reason, count in preview.excluded.items()
    ]


def item_of(row: str) -> str:
    """The item's number in the id of a pair of its sides; other ids as they are."""
    return row.removeprefix("item-").partition(":")[0] if row.startswith("item-") else row


@login_required
@require_GET
def release(request: HttpRequest, release_id: int) -> HttpResponse:
    """One release: how far it is, what is in it, its files and its card."""
    rows = Release.objects.select_related("created_by", "parent")
    row, held = access.row(request, rows, release_id, *READERS)
    context = {
        "project": row.project,
        "section": "releases",
        "held": held,
        "release": row,
        "is_building": row.state in BUILDING,
        "files": release_files.listed(row),
        "card": release_files.card(row),
        "reasons": [
            {"reason": reason, "count": count, "words": REASONS.get(reason, reason)}
            for reason, count in row.manifest.get("excluded", {}).items()
        ],
        "runs": row.runs.order_by("-number"),
    }
    return page_or_part(request, "releases/page.html", "release", context, mark(row.state))


@login_required
@require_GET
def release_file(request: HttpRequest, release_id: int, name: str) -> HttpResponseBase:
    """One file that the manifest names."""
    row, _ = access.row(request, Release.objects.all(), release_id, *READERS)
    return served(request, release_files.path(row, name))
