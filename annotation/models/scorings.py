"""Scoring: one time that the selector learned from the answers."""

from django.db import models

from annotation.models.queues import Queue


class Scoring(models.Model):
    """Every answer up to `last_annotation` was used at `scored_at`; what came later waits for the next one."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="scorings", db_index=False)
    head = models.CharField("reward head's digest", max_length=64, blank=True)
    labels = models.PositiveIntegerField("items with a label")
    last_annotation = models.BigIntegerField()
    scored_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["queue", "-id"], name="scoring_newest")]
