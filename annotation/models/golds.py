"""Gold: a known answer, mixed in unseen."""

from django.db import models

from annotation.models.items import Item
from annotation.models.users import User


class Gold(models.Model):
    """`choice` is in undisplayed sides: a, b, tie or both_bad."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="gold")
    choice = models.CharField(max_length=8)
    source = models.CharField(max_length=200)
    author = models.ForeignKey(User, models.PROTECT, null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(choice__in=["a", "b", "tie", "both_bad"]), name="gold_choice_known"
            )
        ]
