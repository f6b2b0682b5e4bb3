"""Guideline: one version of what a project tells its annotators."""

from django.db import models

from annotation.models.projects import Project
from annotation.models.users import User


class Guideline(models.Model):
    """Versions are added, never edited, so that every answer can name the one it followed."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="guidelines")
    version = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(User, models.PROTECT, null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="guideline_version_once")]
        ordering = ["-version"]
