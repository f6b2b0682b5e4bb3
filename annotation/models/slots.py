"""Slot, Cursor and Reservation: the outstanding work and each person's way through it."""

from django.db import models

from annotation.models.items import Item
from annotation.models.queues import Queue
from annotation.models.users import User

START = -10_000  # before every slot: a boost moves one by a thousand, nine times at most


class Slot(models.Model):
    """Exists only while an item needs people; `need` must equal what the assignments say (a test counts)."""

    item = models.OneToOneField(Item, models.CASCADE, primary_key=True, related_name="slot")
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="slots", db_index=False)
    ord = models.IntegerField()
    need = models.SmallIntegerField()
    is_exploration = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(need__gt=0), name="slot_need_positive")]
        # need is in no index, so taking one place is a heap-only update.
        indexes = [models.Index(fields=["queue", "ord", "item"], name="slot_order")]


class Cursor(models.Model):
    """A hint where this person's scan goes on, and the row lock that serialises their tabs."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="cursors", db_index=False)
    annotator = models.ForeignKey(User, models.CASCADE, related_name="cursors")
    ord = models.IntegerField(default=START)
    item_id = models.BigIntegerField(default=0)
    claims = models.PositiveIntegerField("claims so far: position in the seeded draws", default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "annotator"], name="cursor_once_per_annotator")]


class Reservation(models.Model):
    """Work for one named person: back to me, a swapped repeat, a readmission."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="reservations")
    annotator = models.ForeignKey(User, models.CASCADE, related_name="reservations")
    item = models.ForeignKey(Item, models.CASCADE, related_name="reservations")
    round = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "annotator", "round"], name="reservation_once_per_round")
        ]
        indexes = [models.Index(fields=["queue", "annotator", "due_at"], name="reservation_due")]
