"""Policy: one version of the agent's weights, with its lineage."""

from django.db import models

from annotation.models.constraints import one_of
from annotation.models.projects import Project


class PolicyOrigin(models.TextChoices):
    """Origin of a policy."""

    EXTERNAL = "external"
    EXPERT = "expert"
    TRAINED = "trained"


class Policy(models.Model):
    """A candidate points at the run that made it; run and release lead on to the annotations behind it."""

    Origin = PolicyOrigin
    project = models.ForeignKey(Project, models.CASCADE, related_name="policies")
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=60)
    origin = models.CharField(max_length=10, choices=PolicyOrigin.choices, default=PolicyOrigin.EXTERNAL)
    base = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    release = models.ForeignKey("Release", models.PROTECT, null=True, related_name="policies")
    run = models.OneToOneField("Run", models.PROTECT, null=True, related_name="policy")
    metrics = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="policy_version_once"),
            one_of("origin", PolicyOrigin, name="policy_origin_known"),
            models.CheckConstraint(
                condition=~models.Q(origin="trained") | models.Q(run__isnull=False, release__isnull=False),
                name="policy_trained_has_lineage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"
