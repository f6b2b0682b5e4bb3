"""Items: where each stands, what was said about it, and why it is asked."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.actions import items as actions
from annotation.errors import Forbidden
from annotation.middleware import wants_fragment
from annotation.models import Annotation, Item, Queue, Role
from annotation.queries import items as found
from annotation.queries.reasons import why
from annotation.views import access
from annotation.views.pages import page

IN_PROJECT = "queue__project"


class ItemFilter(forms.Form):
    """Which items to list."""

    state = forms.ChoiceField(choices=[("", "all"), *found.STATES.items()], required=False)
    task = forms.CharField(max_length=200, required=False)


class GoldForm(forms.Form):
    """A known answer."""

    choice = forms.ChoiceField(choices=list(found.LABELS.items()), widget=forms.RadioSelect)
    source = forms.CharField(max_length=200, help_text="Who says so, and how they know.")


@login_required
@require_GET
def items(request: HttpRequest, queue_id: int) -> HttpResponse:
    """The items of a queue, newest first."""
    queue, held = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    form = ItemFilter(request.GET)
    form.is_valid()
    rows = found.listed(queue, **{name: form.cleaned_data.get(name, "") for name in ("state", "task")})
    context = {
        "project": queue.project,
        "section": "queues",
        "queue": queue,
        "held": held,
        "form": form,
        "page": page(request, rows),
    }
    template = "items/list.html#items-table" if wants_fragment(request) else "items/list.html"
    return render(request, template, context)


@login_required
@require_GET
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Everything about one item: for managers, and for reviewers who have answered it themselves."""
    rows = Item.objects.select_related("batch", "gold__author")
    row, held = access.row(request, rows, item_id, Role.MANAGER, Role.REVIEWER, belongs_to=IN_PROJECT)
    is_manager = Role.MANAGER in held
    mine = Annotation.objects.answers().filter(item=row, annotator=access.person(request))
    if not is_manager and not mine.exists():
        raise Forbidden("A reviewer sees what others said only after answering the item.")
    context = {
        "project": row.queue.project,
        "section": "queues",
        "queue": row.queue,
        "held": held,
        "item": row,
        "screen": found.screen(row),
        "sides": found.sides(row),
        "answers": found.answers(row, names=is_manager),
        "verdicts": found.verdicts(row),
        "why": why(row) if is_manager else None,
        "gold_form": GoldForm() if is_manager and row.batch_id is None and not hasattr(row, "gold") else None,
    }
    return render(request, "items/page.html", context)


@login_required
@require_POST
def item_gold(request: HttpRequest, item_id: int) -> HttpResponse:
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
