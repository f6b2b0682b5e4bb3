"""Consensus: what an aggregation run made of the votes on an item."""

from django.db import models

from annotation.models.items import Item


class Consensus(models.Model):
    """`posterior` maps a, b, tie and both_bad to probabilities; `run` groups the rows made together."""

    run = models.UUIDField()
    item = models.ForeignKey(Item, models.CASCADE, related_name="consensus")
    method = models.CharField(max_length=20)
    label = models.CharField(max_length=8)
    posterior = models.JSONField()
    n = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="consensus_once_per_run")]
