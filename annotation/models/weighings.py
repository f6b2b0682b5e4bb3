"""Weighing: how far a queue's answers were weighed, and how reliable they showed everybody to be."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.queues import Queue


class Weighing(models.Model):
    """The newest aggregation run of a queue; its rows of Consensus carry `run`. `people` maps annotators to accuracies."""

    queue = models.OneToOneField(Queue, models.CASCADE, primary_key=True, related_name="weighing")
    run = models.UUIDField()
    last_annotation = models.BigIntegerField(help_text="the newest answer that was looked at")
    method = models.CharField(max_length=20)
    people = models.JSONField(default=dict)
    doubted = ArrayField(models.BigIntegerField(), default=list, help_text="annotators whose answers weighed less")
    weighed_at = models.DateTimeField()
