"""Run: a training job and its result."""

from typing import Self

from django.db import models

from annotation.models.constraints import one_of
from annotation.models.projects import Project
from annotation.models.releases import Release
from annotation.models.users import User


class RunState(models.TextChoices):
    """State of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunQuerySet(models.QuerySet["Run"]):
    """Which runs, as sentences."""

    def visible_to(self, user: User) -> Self:
        """Runs of the projects the user belongs to."""
        return self.filter(project__in=Project.objects.visible_to(user))


class Run(models.Model):
    """The run folder holds config, metrics and weights; `result` is its result.json once finished."""

    State = RunState
    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    release = models.ForeignKey(Release, models.PROTECT, related_name="runs")
    config = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=RunState.choices, default=RunState.QUEUED)
    error = models.CharField(max_length=500, blank=True)
    result = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.PROTECT)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="run_number_once"),
            one_of("state", RunState, name="run_state_known"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"run {self.number}"
