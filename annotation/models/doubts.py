"""Doubt: the newest report on people asks for a second look at somebody's answers."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.projects import Project
from annotation.models.reports import Report
from annotation.models.users import User


class Doubt(models.Model):
    """While it is open the person's answers weigh less; nothing is deleted, and who withdraws it says why.

    `withdrawn_by` is empty where a newer report found no reason any more.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="doubts")
    annotator = models.ForeignKey(User, models.PROTECT, related_name="doubts")
    flags = ArrayField(models.CharField(max_length=60))
    report = models.ForeignKey(Report, models.SET_NULL, null=True, related_name="+")
    raised_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "annotator"], condition=models.Q(withdrawn_at__isnull=True), name="doubt_one_open"
            )
        ]
