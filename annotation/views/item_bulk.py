"""Many items at once: first how many it would change, then doing it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.actions import item_bulk as actions
from annotation.errors import Invalid
from annotation.models import Item, Queue, Role
from annotation.queries import bulk
from annotation.queries import items as found
from annotation.views import access
from annotation.views.items import ItemFilter

MOST_TICKED = 500


class Choice(forms.Form):
    """Which items: those ticked, or all that match the filters of the list."""

    deed = forms.ChoiceField(choices=[(name, deed.label) for name, deed in bulk.DEEDS.items()])
    everything = forms.BooleanField(required=False)
    filters = forms.CharField(required=False, max_length=1000)


class KnownAnswer(forms.Form):
    """What the items' known answer is, and who says so."""

    choice = forms.ChoiceField(
        choices=[(choice, found.label(choice)) for choice in found.CHOICES], label="The known answer of all of them"
    )
    source = forms.CharField(max_length=200, help_text="Who says so, and how they know.")


@login_required
@require_POST
def items_bulk(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Say how many items it would change; with `confirmed`, change them."""
    queue, held = access.row(request, Queue.objects.all(), queue_id, Role.MANAGER)
    choice = Choice(request.POST)
    if not choice.is_valid():
        raise Invalid("Choose what to do with the items.")
    given = choice.cleaned_data
    ids = None if given["everything"] else ticked(request)
    filters = ItemFilter(queue.project, QueryDict(given["filters"])).chosen()
    chosen = bulk.chosen(queue, filters, ids)
    gold = KnownAnswer(request.POST if "confirmed" in request.POST else None) if given["deed"] == "gold" else None
    if "confirmed" in request.POST and (gold is None or gold.is_valid()):
        return done(request, queue, chosen, given, gold.cleaned_data if gold else {})
    context = {
        "project": queue.project,
        "section": "queues",
        "queue": queue,
        "held": held,
        "deed": bulk.DEEDS[given["deed"]],
        "name": given["deed"],
        "ids": ids or [],
        "everything": given["everything"],
        "filters": given["filters"],
        "chosen": chosen.count(),
        "changing": bulk.changing(given["deed"], queue, chosen).count(),
        "most": bulk.MOST,
        "gold": gold,
    }
    return render(request, "items/bulk.html", context, status=422 if gold and gold.errors else 200)


def ticked(request: HttpRequest) -> list[int]:
    """The ids of the rows that were ticked."""
    given = [value for value in request.POST.getlist("item") if value.isascii() and value.isdigit() and len(value) < 19]
    if not given:
        raise Invalid("Tick the items first, or choose all that match.")
    if len(given) > MOST_TICKED:
        raise Invalid(f"At most {MOST_TICKED} items can be ticked; use a filter and choose all that match.")
    return [int(value) for value in given]


def done(
    request: HttpRequest, queue: Queue, chosen: QuerySet[Item], given: dict[str, Any], gold: dict[str, Any]
) -> HttpResponse:
    """Change them, and back to the list as it was."""
    count = actions.apply(
        deed=given["deed"],
        queue=queue,
        chosen=chosen,
        actor=access.person(request),
        now=timezone.now(),
        choice=gold.get("choice", ""),
        source=gold.get("source", ""),
    )
    noun = "item" if count == 1 else "items"
    messages.success(request, f"{bulk.DEEDS[given['deed']].label}: {count:,} {noun} changed.")
    filters = QueryDict(given["filters"]).urlencode()
    return redirect(f"{reverse('items', args=[queue.pk])}{'?' if filters else ''}{filters}")
