"""Projects, their members and their guidelines."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from annotation.actions import events
from annotation.errors import Invalid
from annotation.models import Guideline, Member, Project, Role, User


@transaction.atomic
def create(*, slug: str, name: str, owner: User, now: datetime, **fields: Any) -> Project:
    """A new project with its owner as manager and engineer."""
    project = Project.objects.create(slug=slug, name=name, created_at=now, **fields)
    for role in (Role.MANAGER, Role.ENGINEER):
        Member.objects.create(project=project, user=owner, role=role, created_at=now)
    events.record("project.created", project=project, actor=owner, now=now, subject=project.pk)
    return project


@transaction.atomic
def add_member(*, project: Project, user: User, role: str, actor: User, now: datetime) -> Member:
    """Give a person a role; giving it again changes nothing."""
    if role not in Role.values:
        raise Invalid(f"There is no role {role!r}; choose among {', '.join(Role.values)}.")
    member, is_new = Member.objects.get_or_create(project=project, user=user, role=role, defaults={"created_at": now})
    if is_new:
        events.record("member.added", project=project, actor=actor, now=now, subject=user.pk, role=role)
    return member


@transaction.atomic
def set_skills(*, member: Member, skills: list[str], actor: User, now: datetime) -> Member:
    """What an annotator is good at; queues that need a skill ask only those who have it."""
    held = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if held.role != Role.ANNOTATOR:
        raise Invalid("Only annotators have skills; a queue asks nobody else.")
    if held.skills != skills:
        held.skills = skills
        held.save(update_fields=["skills"])
        events.record(
            "member.skills", project=held.project_id, actor=actor, now=now, subject=held.user_id, skills=skills
        )
    return held


@transaction.atomic
def remove_member(*, member: Member, actor: User, now: datetime) -> None:
    """Take a role away, once; the last manager who can still log in stays."""
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    held = Member.objects.filter(pk=member.pk).first()
    if held is None:
        return
    others = Member.objects.filter(project=held.project_id, role=Role.MANAGER, user__is_active=True)
    if held.role == Role.MANAGER and not others.exclude(pk=held.pk).exists():
        raise Invalid("This is the project's last manager; give somebody else the role first.")
    events.record("member.removed", project=held.project_id, actor=actor, now=now, subject=held.user_id, role=held.role)
    held.delete()


@transaction.atomic
def write_guideline(*, project: Project, text: str, author: User, now: datetime) -> Guideline:
    """A new version of the guidelines; the same text again makes none."""
    Project.objects.select_for_update().get(pk=project.pk)
    newest = project.guidelines.first()
    if not text.strip():
        raise Invalid("The guidelines are empty; write what annotators should look for.")
    if newest is not None and newest.text == text.strip():
        return newest
    version = (project.guidelines.aggregate(top=Max("version"))["top"] or 0) + 1
    guideline = Guideline.objects.create(
        project=project, version=version, text=text.strip(), author=author, created_at=now
    )
    events.record("guideline.written", project=project, actor=author, now=now, subject=guideline.pk, version=version)
    return guideline
