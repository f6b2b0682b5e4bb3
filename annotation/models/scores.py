"""Score: how unsure the models are about an item."""

from django.db import models

from annotation.models.items import Item


class Score(models.Model):
    """Replaced at every re-scoring; kept out of the wide item row."""

    item = models.OneToOneField(Item, models.CASCADE, primary_key=True, related_name="score")
    value = models.FloatField()
    probability = models.FloatField("predicted P(first side is better)", null=True)
    entropy = models.FloatField(null=True)
    bald = models.FloatField(null=True)
    judge_probability = models.FloatField(null=True)
    judge_uncertainty = models.FloatField(null=True)
    rule = models.CharField(max_length=40)
    head = models.CharField(max_length=64, blank=True)
    scored_at = models.DateTimeField()
