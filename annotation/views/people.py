"""People: how each annotator's work looks, and who is in the project with which roles."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.actions import projects
from annotation.errors import Invalid
from annotation.models import Member, Project, Role, User
from annotation.queries import people as found
from annotation.queries import person as one
from annotation.queries import reports
from annotation.views import access, tables
from annotation.views.fields import Names
from annotation.views.live import mark, page_or_part

KIND = "people"
SKILLS = Names(required=False)
COLUMNS = (
    "person", "answers", "skipped", "mean seconds", "like known answers", "known answers met", "chose the first", "of decided",
    "informativeness", "low", "high", "flags",
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
    """Each annotator's work in figures, and what the newest report on people says."""
    project, held = access.project(request, slug, Role.MANAGER)
    report = reports.latest(project, KIND)
    rows = found.listed(project, report)
    if tables.is_wanted(request):
        return tables.csv_file(f"people-{project.slug}", COLUMNS, map(person_line, rows))
    is_waited_for = reports.is_waited_for(project, KIND)
    context = {"project": project, "held": held, "rows": rows, "report": report, "is_waited_for": is_waited_for}
    context |= found.together(report, rows) if report else {}
    return page_or_part(request, "people/list.html", "people", context, mark(report and report.pk, is_waited_for))


@login_required
@require_GET
def person(request: HttpRequest, slug: str, who: str) -> HttpResponse:
    """One person: what the newest report says of them, in words, and what follows from it."""
    project, held = access.project(request, slug, Role.MANAGER)
    seen = one.found(project, who)
    if seen is None:
        raise Http404
    report = reports.latest(project, KIND)
    context = {
        "project": project,
        "held": held,
        "person": seen,
        "section": "people",
        "report": report,
        "is_waited_for": reports.is_waited_for(project, KIND),
        **one.doubts(project, seen),
        "disagreements": one.disagreements(project, seen),
        **one.page(report, seen),
    }
    return render(request, "people/person.html", context)


def person_line(row: dict[str, Any]) -> tuple[Any, ...]:
    """One person of the file."""
    gold, first, told = row["gold"], row["first"], row["informativeness"] or {}
    return (
        row["person"].username, row["answers"], row["skips"], row["seconds"], row["gold_right"], gold.n if gold else 0,
        first.value if first else None, first.n if first else 0,
        *(told.get(end) for end in ("value", "low", "high")), ", ".join(flag["name"] for flag in row["flags"]),
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
    held: dict[User, list[Member]] = {}
    for member in project.members.select_related("user").order_by("user__username", "role"):
        held.setdefault(member.user, []).append(member)
    return [{"person": person, "members": members} for person, members in held.items()]
