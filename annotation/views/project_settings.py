"""The settings of a project: what annotators are asked, and on which criteria."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation.actions import project_settings
from annotation.errors import Refused
from annotation.models import Project, Role
from annotation.views import access
from annotation.views.fields import Criteria


class ProjectForm(forms.Form):
    """Everything of a project that its manager decides."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="What the agent does."
    )
    question = forms.CharField(max_length=300, help_text="What annotators are asked of two or more runs.")
    criteria = Criteria(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=(
            "One a line, such as “Tone: is it kind without gushing?”. Annotators can say for each which run is better. "
            "A criterion of another name is a new one."
        ),
    )
    raw_retention_days = forms.IntegerField(
        label="Keep uncleaned traces (days)",
        min_value=0,
        max_value=3650,
        help_text="Then what came in is deleted for good; the cleaned trace stays.",
    )


def initial(project: Project) -> dict[str, Any]:
    """The form as the project stands."""
    fields = ("name", "description", "question", "raw_retention_days")
    told = [(entry["name"], entry.get("help", "")) for entry in project.rubric]
    return {name: getattr(project, name) for name in fields} | {"criteria": told}


@login_required
@require_http_methods(["GET", "POST"])
def project_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change them."""
    project, _ = access.project(request, slug, Role.MANAGER)
    form = ProjectForm(request.POST or None, initial=initial(project))
    if request.method == "POST" and form.is_valid():
        actor = access.person(request)
        try:
            project_settings.change(project=project, actor=actor, now=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error("criteria", refused.sentence)
        else:
            messages.success(request, "The settings hold from now on.")
            return redirect("project-edit", project.slug)
    return render(request, "projects/form.html", {"project": project, "form": form}, status=422 if form.errors else 200)
