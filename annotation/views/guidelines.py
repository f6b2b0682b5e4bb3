"""What annotators are told, as a page and as the text of the drawer."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from annotation.actions import guidelines as annotated
from annotation.actions import projects
from annotation.middleware import wants_fragment
from annotation.models import Role
from annotation.queries import guidelines as told
from annotation.views import access
from annotation.views.pages import number


class GuidelineForm(forms.Form):
    """The next version."""

    text = forms.CharField(
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text="Markdown: headings, lists, emphasis, code and tables. Links are shown as text.",
    )


@login_required
@require_GET
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest version for every member, or an earlier one with ?version=."""
    project, held = access.project(request, slug, *access.EVERYBODY)
    version = number(request, "version")
    newest = told.latest(project.pk)
    shown = newest if version is None else get_object_or_404(project.guidelines.all(), version=version)
    seen = told.seen(project.pk, access.person(request)) if Role.ANNOTATOR in held else None
    if shown is not None and Role.ANNOTATOR in held:
        annotated.saw(guideline=shown, user=access.person(request), now=timezone.now())
    is_newer = seen is not None and shown is not None and seen.version < shown.version
    context = {
        "changes": told.changes(seen, shown) if seen and shown and is_newer else [],
        "seen": seen,
        "project": project,
        "held": held,
        "guideline": shown,
        "is_drawer": wants_fragment(request),
        "versions": project.guidelines.select_related("author").defer("text"),
    }
    template = "guidelines/page.html#guideline" if wants_fragment(request) else "guidelines/page.html"
    return render(request, template, context)


@login_required
@require_http_methods(["GET", "POST"])
def guideline_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the next version; `preview` shows it as annotators will see it and keeps nothing."""
    project, _ = access.project(request, slug, Role.MANAGER)
    newest = told.latest(project.pk)
    form = GuidelineForm(request.POST or None, initial={"text": newest.text if newest else ""})
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        author = access.person(request)
        made = projects.write_guideline(
            project=project, text=form.cleaned_data["text"], author=author, now=timezone.now()
        )
        messages.success(request, f"Version {made.version} holds from now on.")
        return redirect("guidelines", project.slug)
    text = form["text"].value() or ""
    context = {"project": project, "form": form, "newest": newest, "text": text}
    if wants_fragment(request):
        return render(request, "guidelines/form.html#preview", context)
    return render(request, "guidelines/form.html", context, status=422 if form.errors else 200)
