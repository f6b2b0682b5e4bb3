"""Doubts about people's answers, withdrawn by a manager."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.actions import doubts
from annotation.models import Doubt, Role
from annotation.views import access


@login_required
@require_POST
def doubt_withdraw(request: HttpRequest, doubt_id: int) -> HttpResponse:
    """The answers count in full again, for a reason that is kept."""
    doubt, _ = access.row(request, Doubt.objects.select_related("annotator"), doubt_id, Role.MANAGER)
    note = request.POST.get("note", "")
    doubts.withdraw(doubt=doubt, actor=access.person(request), note=note, now=timezone.now())
    messages.success(request, f"The doubt is withdrawn; answers of {doubt.annotator.username} count in full again.")
    return redirect("person", doubt.project.slug, doubt.annotator.username)
