"""Deployment: who made which policy champion, when, from which, and why. Append-only in the database."""

from django.db import models

from annotation.models.constraints import one_of
from annotation.models.policies import Policy
from annotation.models.projects import Project
from annotation.models.users import User


class DeploymentKind(models.TextChoices):
    """Kind of a deployment."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


class Deployment(models.Model):
    """The newest row of a project names its champion."""

    Kind = DeploymentKind
    project = models.ForeignKey(Project, models.PROTECT, related_name="deployments")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="deployments")
    previous = models.ForeignKey(Policy, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=DeploymentKind.choices)
    reason = models.CharField(max_length=500)
    gate = models.JSONField(null=True)
    by = models.ForeignKey(User, models.PROTECT)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [one_of("kind", DeploymentKind, name="deployment_kind_known")]
        ordering = ["-pk"]
