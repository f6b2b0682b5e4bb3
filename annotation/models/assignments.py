"""Assignment: an item lent to one annotator; Draft: its editable, unsubmitted text."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.constraints import one_of
from annotation.models.items import Item
from annotation.models.queues import Queue
from annotation.models.users import User


class AssignmentState(models.TextChoices):
    """State of an assignment."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    RELEASED = "released"
    EXPIRED = "expired"


class Round(models.IntegerChoices):
    """Rounds of one item; only normal work counts towards overlap and as an independent vote."""

    NORMAL = 0
    REPEAT = 1
    ADJUDICATION = 2


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Which assignments, as sentences."""

    def of(self, user: User) -> Self:
        """The user's own, in projects they still belong to."""
        return self.filter(annotator=user, queue__in=Queue.objects.visible_to(user))

    def open(self) -> Self:
        """Lent out and not closed."""
        return self.filter(state=Assignment.State.OPEN)

    def overdue(self, *, now: datetime) -> Self:
        """Open although their time has run out."""
        return self.open().filter(due_at__lte=now)


class Assignment(models.Model):
    """Never deleted. Round 0 is normal work; repeats and adjudication have their own rounds."""

    State = AssignmentState
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="assignments", db_index=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="assignments", db_index=False)
    annotator = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    round = models.PositiveSmallIntegerField(default=0)
    place = models.PositiveSmallIntegerField("how many people had it before")
    order = ArrayField(models.PositiveSmallIntegerField(), help_text="side indexes as displayed, first first")
    state = models.CharField(max_length=8, choices=AssignmentState.choices, default=AssignmentState.OPEN)
    claimed_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "annotator", "round"], name="assignment_once_per_round"),
            models.UniqueConstraint(
                fields=["queue", "annotator"], condition=models.Q(state="open"), name="assignment_one_open_per_queue"
            ),
            one_of("state", AssignmentState, name="assignment_state_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="assignment_overdue", condition=models.Q(state="open")),
            models.Index(fields=["queue", "state"], name="assignment_by_state"),
            models.Index(
                fields=["queue", "annotator", "closed_at"], name="assignment_done_by", condition=models.Q(state="done")
            ),
        ]


class Draft(models.Model):
    """What somebody was typing; replaced at every save."""

    assignment = models.OneToOneField(Assignment, models.CASCADE, primary_key=True, related_name="draft")
    answer = models.JSONField()
    saved_at = models.DateTimeField()
