"""Member: who may do what in a project."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.constraints import one_of
from annotation.models.guidelines import Guideline
from annotation.models.projects import Project
from annotation.models.users import User


class Role(models.TextChoices):
    """The four roles; a person may hold several in one project."""

    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    ENGINEER = "engineer"


class Member(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text="of an annotator")
    guideline_seen = models.ForeignKey(Guideline, models.SET_NULL, null=True, help_text="the version last looked at")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user", "role"], name="member_role_once"),
            one_of("role", Role, name="member_role_known"),
        ]
