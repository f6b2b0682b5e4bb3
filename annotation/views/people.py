"""People: how each annotator's work looks, and who is in the project with which roles."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.actions import projects
from annotation.errors import Invalid
from annotation.models import Member, Project, Role, User
from annotation.queries import people as found
from annotation.views import access, tables
from annotation.views.fields import Names

SKILLS = Names(required=False)
COLUMNS = (
    "person", "answers", "skipped", "mean seconds", "like known answers", "known answers met", "chose the first", "of decided",
)  # fmt: skip
MEMBER_COLUMNS = ("person", "role", "skills", "since")
ROLES = {
    Role.ANNOTATOR: "answers items",
    Role.REVIEWER: "also sees what others answered, after answering",
    Role.MANAGER: "runs queues, judges and members",
    Role.ENGINEER: "sends traces in, takes releases and policies out",
}


class MemberForm(forms.Form):
    """A role for a person who has a login."""

    username = forms.CharField(max_length=150, label="User name", help_text="Somebody who can already log in here.")
    role = forms.ChoiceField(
        choices=[(role, f"{role}: {what}") for role, what in ROLES.items()],
        widget=forms.RadioSelect,
        initial="annotator",
    )

    def clean_username(self) -> User:
        """The person behind the name."""
        user = User.objects.filter(username=self.cleaned_data["username"], is_active=True).first()
        if user is None:
            raise forms.ValidationError("Nobody has this user name; check its spelling.")
        return user


@login_required
@require_GET
def people(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Each annotator's work in figures."""
    project, held = access.project(request, slug, Role.MANAGER)
    rows = found.listed(project)
    if tables.is_wanted(request):
        return tables.csv_file(f"people-{project.slug}", COLUMNS, map(person_line, rows))
    return render(request, "people/list.html", {"project": project, "held": held, "rows": rows})


def person_line(row: dict[str, Any]) -> tuple[Any, ...]:
    """One person of the file."""
    gold, first = row["gold"], row["first"]
    return (
        row["person"].username, row["answers"], row["skips"], row["seconds"], row["gold_right"], gold.n if gold else 0,
        first.value if first else None, first.n if first else 0,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Who is in the project; POST gives a person a role."""
    project, _ = access.project(request, slug, Role.MANAGER)
    if tables.is_wanted(request):
        rows = project.members.order_by("user__username", "role")
        lines = (
            (row.user.username, row.role, ", ".join(row.skills), row.created_at) for row in rows.select_related("user")
        )
        return tables.csv_file(f"members-{project.slug}", MEMBER_COLUMNS, lines)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, role = form.cleaned_data["username"], form.cleaned_data["role"]
        projects.add_member(project=project, user=user, role=role, actor=access.person(request), now=timezone.now())
        messages.success(request, f"{user.username} is {role} now.")
        return redirect("members", project.slug)
    context = {"project": project, "form": form, "rows": grouped(project)}
    return render(request, "members/list.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def member_skills(request: HttpRequest, member_id: int) -> HttpResponse:
    """What an annotator is good at, so that queues which need it ask them."""
    member, _ = access.row(request, Member.objects.select_related("user"), member_id, Role.MANAGER)
    try:
        skills = SKILLS.clean(request.POST.get("skills", ""))
    except forms.ValidationError as wrong:
        raise Invalid(" ".join(wrong.messages)) from wrong
    projects.set_skills(member=member, skills=skills, actor=access.person(request), now=timezone.now())
    messages.success(request, f"{member.user.username}: {', '.join(skills) or 'no skills'}.")
    return redirect("members", member.project.slug)


@login_required
@require_POST
def member_remove(request: HttpRequest, member_id: int) -> HttpResponse:
    """Take a role away; what the person answered stays."""
    member, _ = access.row(request, Member.objects.select_related("user"), member_id, Role.MANAGER)
    name, role, slug = member.user.username, member.role, member.project.slug
    projects.remove_member(member=member, actor=access.person(request), now=timezone.now())
    messages.success(request, f"{name} is no longer {role}; what they answered stays.")
    return redirect("members", slug) if access.person(request) != member.user else redirect("home")


def grouped(project: Project) -> list[dict[str, object]]:
    """Each person with their roles."""
    rows: dict[int, dict[str, object]] = {}
    for member in project.members.select_related("user").order_by("user__username", "role"):
        entry = rows.setdefault(member.user_id, {"person": member.user, "members": []})
        entry["members"].append(member)  # type: ignore[attr-defined]  # a list, by the line above
    return list(rows.values())
