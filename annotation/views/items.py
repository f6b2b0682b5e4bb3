"""Items: where each stands, what was said about it, and why it is asked."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.actions import items as actions
from annotation.errors import Forbidden
from annotation.middleware import wants_fragment
from annotation.models import Annotation, Item, Policy, Project, Queue, Role
from annotation.queries import bulk
from annotation.queries import items as found
from annotation.queries.reasons import why
from annotation.views import access, tables
from annotation.views.pages import Page, page

IN_PROJECT = "queue__project"
WAYS = (("", "all"), *Item.Selection.choices)
COLUMNS = (
    "item", "task", "stands", "people disagree", "answers", "asked for", "skips", "open flags", "boost", "worth asking",
    "drawn", "propensity", "entered", "known answer",
)  # fmt: skip
ANSWER_COLUMNS = ("who", "answer", "rationale", "saw first", "round", "seconds", "answered", "current")


class ItemFilter(forms.Form):
    """Which items to list."""

    state = forms.ChoiceField(choices=[("", "all"), *found.STATES.items()], required=False)
    task = forms.CharField(max_length=200, required=False, label="Task contains")
    policy = forms.ModelChoiceField(queryset=Policy.objects.none(), required=False, empty_label="all")
    selected_by = forms.ChoiceField(choices=WAYS, required=False, label="Drawn")
    boost = forms.BooleanField(required=False, label="Asked first")

    def __init__(self, project: Project, given: QueryDict) -> None:
        super().__init__(given)
        self.fields["policy"].queryset = project.policies.order_by("name", "version")  # type: ignore[attr-defined]  # a model choice field

    def chosen(self) -> dict[str, Any]:
        """The filters as queries take them; one that makes no sense is none."""
        self.is_valid()
        policy = self.cleaned_data.get("policy")
        return {**self.cleaned_data, "policy": policy.pk if policy else None}


class GoldForm(forms.Form):
    """A known answer."""

    choice = forms.ChoiceField(
        choices=[(choice, found.label(choice)) for choice in found.CHOICES], widget=forms.RadioSelect
    )
    source = forms.CharField(max_length=200, help_text="Who says so, and how they know.")


@login_required
@require_GET
def items(request: HttpRequest, queue_id: int) -> HttpResponseBase:
    """The items of a queue, newest first."""
    queue, held = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    form = ItemFilter(queue.project, request.GET)
    rows = found.described(found.listed(queue, form.chosen()))
    if tables.is_wanted(request):
        return tables.csv_file(f"items-{queue.pk}", COLUMNS, map(line, rows.order_by("pk").iterator(2000)))
    context = {
        "project": queue.project,
        "section": "queues",
        "queue": queue,
        "held": held,
        "form": form,
        "page": shown(request, rows),
        "deeds": bulk.DEEDS.items(),
    }
    template = "items/list.html#items-table" if wants_fragment(request) else "items/list.html"
    return render(request, template, context)


def shown(request: HttpRequest, rows: QuerySet[Item]) -> Page:
    """The page's items, each with where it stands and how it was drawn in words."""
    one_page = page(request, rows)
    for item in one_page.rows:
        item.where = found.where(item)
        item.drawn = found.drawn(item)
    return one_page


def line(item: Any) -> tuple[Any, ...]:
    """One item of the file."""
    score, gold = found.score_of(item), found.known_answer(item)
    return (
        item.pk, item.task, found.where(item), item.labels > 1, item.answers, item.target, item.skips, item.open_flags,
        item.boost, score, item.selected_by, item.propensity, item.entered_at, gold,
    )  # fmt: skip


@login_required
@require_GET
def item(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """Everything about one item: for managers, and for reviewers who have answered it themselves."""
    rows = Item.objects.select_related("batch", "gold__author")
    row, held = access.row(request, rows, item_id, Role.MANAGER, Role.REVIEWER, belongs_to=IN_PROJECT)
    is_manager = Role.MANAGER in held
    mine = Annotation.objects.answers().filter(item=row, annotator=access.person(request))
    if not is_manager and not mine.exists():
        raise Forbidden("A reviewer sees what others said only after answering the item.")
    answers = found.answers(row, names=is_manager)
    if tables.is_wanted(request):
        return tables.csv_file(f"answers-{row.pk}", ANSWER_COLUMNS, answer_lines(answers))
    context = {
        "project": row.queue.project,
        "section": "queues",
        "queue": row.queue,
        "held": held,
        "item": row,
        "screen": found.screen(row),
        "sides": found.sides(row),
        "answers": answers,
        "flags": row.flags.filter(closed_at__isnull=True).select_related("author") if is_manager else None,
        "verdicts": found.verdicts(row),
        "why": why(row) if is_manager else None,
        "gold_said": found.label(row.gold.choice) if hasattr(row, "gold") else "",
        "gold_form": GoldForm() if is_manager and row.batch_id is None and not hasattr(row, "gold") else None,
    }
    return render(request, "items/page.html", context)


def answer_lines(answers: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The lines of the file of an item's answers."""
    for one in answers:
        row = one["row"]
        yield (
            one["who"], one["said"], one["rationale"], one["first"], row.round,
            row.active_seconds, row.answered_at, one["is_current"],
        )  # fmt: skip


@login_required
@require_POST
def item_gold(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """Make an item of the pool a known answer."""
    row, _ = access.row(request, Item.objects.all(), item_id, Role.MANAGER, belongs_to=IN_PROJECT)
    actions.make_gold(
        item=row,
        choice=request.POST.get("choice", ""),
        source=request.POST.get("source", "").strip(),
        author=access.person(request),
        now=timezone.now(),
    )
    messages.success(request, "The item is a known answer now; it is mixed in unseen.")
    return redirect("item", row.pk)
