"""Charge: a line of the cost ledger."""

from django.db import models

from annotation.models.projects import Project


class Charge(models.Model):
    """quantity x unit_price = amount in US dollars, at the price of that day."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="charges")
    kind = models.CharField(max_length=20)
    quantity = models.FloatField()
    unit = models.CharField(max_length=20)
    unit_price = models.FloatField()
    amount = models.FloatField()
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField()
