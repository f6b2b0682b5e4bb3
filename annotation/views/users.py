"""A person's own settings."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from annotation.actions import users
from annotation.views.access import person


@login_required
@require_POST
def single_keys(request: HttpRequest) -> HttpResponse:
    """Single-key shortcuts on or off; sent by the help dialog."""
    users.set_single_keys(user=person(request), is_on=request.POST.get("on") == "1")
    return HttpResponse(status=204)
