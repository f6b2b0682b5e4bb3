"""Annotation: one person's answer, withdrawal or skip. Append-only in the database."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.assignments import Assignment
from annotation.models.batches import Batch
from annotation.models.constraints import one_of
from annotation.models.guidelines import Guideline
from annotation.models.items import Item
from annotation.models.projects import Project
from annotation.models.users import User


class AnnotationKind(models.TextChoices):
    """Kind of an annotation."""

    ANSWER = "answer"
    WITHDRAWAL = "withdrawal"
    SKIP = "skip"


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    """Which answers, as sentences."""

    def visible_to(self, user: User) -> Self:
        """Answers in the projects the user belongs to."""
        return self.filter(item__queue__project__in=Project.objects.visible_to(user))

    def current(self, *, at: datetime | None = None) -> Self:
        """The end of each chain, now or just before `at`: nothing supersedes it."""
        if at is None:
            return self.filter(superseded_by__isnull=True)
        return self.filter(answered_at__lt=at).exclude(superseded_by__answered_at__lt=at)

    def answers(self, *, at: datetime | None = None) -> Self:
        """Submitted answers that count, now or just before `at`: current, and neither skips nor withdrawals."""
        return self.current(at=at).filter(kind=Annotation.Kind.ANSWER)

    def first_answers(self) -> Self:
        """The answer that each chain began with, whatever became of it."""
        return self.filter(kind=Annotation.Kind.ANSWER).order_by("assignment", "pk").distinct("assignment")


class Annotation(models.Model):
    """Everything that cannot be added later is recorded here, as it was when the answer was given."""

    # Rows are added all day: a key has an index of its own only where none of those below begins with it.
    Kind = AnnotationKind
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="annotations")
    item = models.ForeignKey(Item, models.PROTECT, related_name="annotations", db_index=False)
    annotator = models.ForeignKey(User, models.PROTECT, related_name="annotations", db_index=False)
    round = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=AnnotationKind.choices, default=AnnotationKind.ANSWER)
    answer = models.JSONField(default=dict)
    skip_reason = models.CharField(max_length=300, blank=True)
    order = ArrayField(models.PositiveSmallIntegerField())
    policies = ArrayField(models.BigIntegerField(), help_text="policy of each side, by undisplayed index")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True)
    selected_by = models.CharField(max_length=20, blank=True)
    propensity = models.FloatField(null=True)
    guideline = models.ForeignKey(Guideline, models.PROTECT, null=True, db_index=False)
    is_judge_visible = models.BooleanField("was a judge's verdict visible?", default=False)
    client_key = models.CharField(max_length=80)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")
    shown_at = models.DateTimeField()
    answered_at = models.DateTimeField()
    active_seconds = models.FloatField()

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "client_key"], name="annotation_once_per_client_key"),
            models.UniqueConstraint(
                fields=["assignment"], condition=models.Q(supersedes__isnull=True), name="annotation_one_chain"
            ),
            one_of("kind", AnnotationKind, name="annotation_kind_known"),
            models.CheckConstraint(condition=models.Q(active_seconds__gte=0), name="annotation_seconds_not_negative"),
        ]
        indexes = [models.Index(fields=["item", "kind"], name="annotation_by_item")]
