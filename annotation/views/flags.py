"""Flags on items: raised on the annotate screen, closed on the item's page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.actions import drafts, flags
from annotation.middleware import wants_fragment
from annotation.models import Assignment, Flag, Role
from annotation.views import access
from annotation.views.assignments import own
from annotation.views.forms import typed_answer


@login_required
@require_POST
def assignment_flag(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Tell the manager what is wrong with an own item; the item stays on the desk."""
    found, now = own(request, assignment_id), timezone.now()
    flag = flags.raise_(item=found.item, author=found.annotator, note=request.POST.get("note", ""), now=now)
    if wants_fragment(request):
        return render(request, "flags/_raised.html", {"flag": flag})
    if found.state == Assignment.State.OPEN:  # without scripts the button sent the whole form, which must not be lost
        drafts.save(assignment=found, answer=typed_answer(request.POST), seen=None, now=now)
    messages.success(request, f"Flagged for the manager: {flag.note}")
    is_here = found.state in (Assignment.State.OPEN, Assignment.State.DONE)
    return redirect("assignment", found.pk) if is_here else redirect("annotate", found.queue_id)


@login_required
@require_POST
def flag_close(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Close a flag that was looked into."""
    flag, _ = access.row(request, Flag.objects.all(), flag_id, Role.MANAGER, belongs_to="item__queue__project")
    flags.close(flag=flag, by=access.person(request), now=timezone.now())
    messages.success(request, "The flag is closed.")
    return redirect("item", flag.item_id)
