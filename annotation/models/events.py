"""Event: a line of the audit log. Append-only in the database."""

from django.db import models

from annotation.models.projects import Project
from annotation.models.users import User


class Event(models.Model):
    """`verb` is noun.verb (release.created); `subject` is the row's primary key."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="events", db_index=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, db_index=False)
    verb = models.CharField(max_length=60)
    subject = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="event_newest"),
            # Why an item's target was changed is asked under its lock, and its lines are few among the answers'.
            models.Index(fields=["subject"], condition=models.Q(verb="item.retargeted"), name="event_retargeted"),
        ]
