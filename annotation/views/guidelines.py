"""What annotators are told, as a page and as the text of the drawer."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotation.middleware import wants_fragment
from annotation.models import Project
from annotation.queries import guidelines as told


@login_required
@require_GET
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest version, for every member."""
    project = get_object_or_404(Project.objects.visible_to(request.user), slug=slug)
    template = "guidelines/page.html#guideline" if wants_fragment(request) else "guidelines/page.html"
    return render(request, template, {"project": project, "guideline": told.latest(project.pk)})
