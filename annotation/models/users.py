"""People who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person; what they may do is decided by their memberships."""

    has_single_keys = models.BooleanField("single-key shortcuts", default=True)
