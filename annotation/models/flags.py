"""Flag: somebody says that something is wrong with an item."""

from django.db import models

from annotation.models.items import Item
from annotation.models.users import User


class Flag(models.Model):
    """A note to the manager; it changes nothing about the item, and is closed by who looked into it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="flags")
    author = models.ForeignKey(User, models.PROTECT, related_name="flags")
    note = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "author"], condition=models.Q(closed_at__isnull=True), name="flag_one_open_per_author"
            )
        ]
