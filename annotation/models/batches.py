"""Batch: what was drawn from the pool to be asked now."""

from django.db import models

from annotation.models.queues import Queue


class Batch(models.Model):
    """`pool_size`, `seed` and the shares make every item's inclusion probability reproducible."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    rule = models.CharField(max_length=40)
    head = models.CharField("reward head's digest", max_length=64, blank=True)
    pool_size = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    exploration_share = models.FloatField()
    seed = models.BigIntegerField()
    drawn_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "number"], name="batch_number_once_per_queue")]
