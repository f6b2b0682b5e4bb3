"""Item: one question for people, and its sides."""

from typing import Self

from django.db import models

from annotation.models.batches import Batch
from annotation.models.queues import Queue
from annotation.models.traces import Trace
from annotation.models.users import User


class Selection(models.TextChoices):
    """How an item was drawn from the pool."""

    ACTIVE = "active", "by doubt"
    EXPLORATION = "exploration", "at random"
    COLD_START = "cold-start", "at the start"


class ItemQuerySet(models.QuerySet["Item"]):
    """Which items, as sentences."""

    def visible_to(self, user: User) -> Self:
        """Items in the queues the user sees."""
        return self.filter(queue__in=Queue.objects.visible_to(user))

    def in_pool(self) -> Self:
        """Could be asked, has not been drawn yet."""
        return self.filter(batch__isnull=True, gold__isnull=True)

    def drawn(self) -> Self:
        """Drawn into a batch; gold is mixed in beside batches."""
        return self.filter(batch__isnull=False)


class Item(models.Model):
    """`target` is the stored decision of the overlap rule: how many people are asked in round 0."""

    Selection = Selection
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="items")
    task = models.CharField(max_length=200)
    signature = models.CharField("hash of its traces", max_length=64)
    target = models.PositiveSmallIntegerField(default=0)
    boost = models.SmallIntegerField("asked before everything with less of it", default=0)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="items")
    selected_by = models.CharField(max_length=20, blank=True)
    propensity = models.FloatField(null=True)
    entered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "signature"], name="item_asked_once_per_queue"),
            models.CheckConstraint(condition=models.Q(boost__gte=0, boost__lte=9), name="item_boost_0_to_9"),
            models.CheckConstraint(
                condition=models.Q(propensity__isnull=True) | models.Q(propensity__gt=0, propensity__lte=1),
                name="item_propensity_is_a_probability",
            ),
            models.CheckConstraint(
                condition=models.Q(batch__isnull=True) | models.Q(entered_at__isnull=False),
                name="item_drawn_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "id"], name="item_pool", condition=models.Q(batch__isnull=True)),
            models.Index(fields=["queue", "task"], name="item_by_task"),
        ]


class Side(models.Model):
    """One trace of an item, at its fixed (undisplayed) index."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="sides")
    index = models.PositiveSmallIntegerField()
    trace = models.ForeignKey(Trace, models.PROTECT, related_name="sides")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "index"], name="side_index_once_per_item"),
            models.UniqueConstraint(fields=["item", "trace"], name="side_trace_once_per_item"),
            models.CheckConstraint(condition=models.Q(index__lt=6), name="side_index_below_6"),
        ]
        ordering = ["item", "index"]
