"""Queue: the rules for asking."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from annotation.models.constraints import one_of
from annotation.models.projects import Project, new_seed
from annotation.models.users import User

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class QueueKind(models.TextChoices):
    """Kind of a queue."""

    COMPARE = "compare"
    CORRECT = "correct"
    MARK = "mark"


class QueueQuerySet(models.QuerySet["Queue"]):
    """Which queues, as sentences."""

    def visible_to(self, user: User) -> Self:
        """Queues of the projects the user belongs to."""
        return self.filter(project__in=Project.objects.visible_to(user))


class Queue(models.Model):
    """Every rule is a field a manager can read on one page; all randomness derives from `seed`."""

    Kind = QueueKind
    project = models.ForeignKey(Project, models.CASCADE, related_name="queues")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=QueueKind.choices, default=QueueKind.COMPARE)
    sides = models.PositiveSmallIntegerField("runs per comparison", default=2)
    asks_ranking = models.BooleanField("more than two runs: ask for the whole order, not for the best", default=True)
    asks_strength = models.BooleanField("ask how much better", default=False)
    overlap = models.PositiveSmallIntegerField(default=1)
    second_share = models.FloatField(default=0.25, validators=SHARE)
    most_people = models.PositiveSmallIntegerField("while people disagree, up to", null=True, blank=True)
    lease_seconds = models.PositiveIntegerField(default=600)
    batch_size = models.PositiveIntegerField(default=50)
    exploration_share = models.FloatField(default=0.15, validators=SHARE)
    gold_share = models.FloatField(default=0.05, validators=SHARE)
    repeat_share = models.FloatField(default=0.05, validators=SHARE)
    repeat_after_hours = models.PositiveIntegerField(default=24)
    daily_quota = models.PositiveIntegerField("answers per person and day", null=True, blank=True)
    total_quota = models.PositiveIntegerField("answers per person", null=True, blank=True)
    named_people = models.ManyToManyField(User, blank=True, related_name="named_in")
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    qualify_on = models.PositiveSmallIntegerField("known answers before real work", default=0)
    qualify_share = models.FloatField("of which right", default=0.7, validators=SHARE)
    skip_back_minutes = models.PositiveIntegerField("skipped items come back after", null=True, blank=True)
    skip_closes_after = models.PositiveSmallIntegerField("skips that close an item", null=True, blank=True)
    stop_after = models.PositiveIntegerField("answers in all", null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    priority = models.SmallIntegerField(default=0)
    is_adjudicated = models.BooleanField("disputed items go to a reviewer", default=True)
    enqueue = models.JSONField("which runs enter the pool by themselves", default=dict, blank=True)
    seed = models.BigIntegerField(default=new_seed)
    paused_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = QueueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="queue_name_once_per_project"),
            one_of("kind", QueueKind, name="queue_kind_known"),
            models.CheckConstraint(condition=models.Q(overlap__gte=1, overlap__lte=50), name="queue_overlap_1_to_50"),
            models.CheckConstraint(condition=models.Q(lease_seconds__gte=30), name="queue_lease_30s_or_more"),
            models.CheckConstraint(condition=models.Q(sides__gte=2, sides__lte=6), name="queue_sides_2_to_6"),
            models.CheckConstraint(
                condition=models.Q(most_people__isnull=True) | models.Q(most_people__gte=2, most_people__lte=50),
                name="queue_most_people_2_to_50",
            ),
            models.CheckConstraint(
                condition=models.Q(skip_closes_after__isnull=True) | models.Q(skip_closes_after__gte=1),
                name="queue_skips_that_close_1_or_more",
            ),
        ] + [
            models.CheckConstraint(
                condition=models.Q(**{f"{field}__gte": 0, f"{field}__lte": 1}), name=f"queue_{field}_is_a_share"
            )
            for field in ("second_share", "exploration_share", "gold_share", "repeat_share", "qualify_share")
        ]

    def __str__(self) -> str:
        return self.name
