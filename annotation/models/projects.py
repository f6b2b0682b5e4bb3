"""Project: a workspace with its guidelines, rubric, members and settings."""

import secrets
from typing import Self

from django.db import models

from annotation.models.users import User


def new_seed() -> int:
    """A seed from which everything random in a project or queue is derived."""
    return secrets.randbelow(2**31)


class ProjectQuerySet(models.QuerySet["Project"]):
    """Which projects a person sees."""

    def visible_to(self, user: User) -> Self:
        """Projects the user is a member of."""
        return self.filter(members__user_id=user.pk).distinct()


class Project(models.Model):
    """A workspace. `settings` holds the manager's choices, checked by actions.projects."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    question = models.CharField(max_length=300, default="Which run served the customer better?")
    rubric = models.JSONField(default=list)
    settings = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=new_seed)
    raw_retention_days = models.PositiveSmallIntegerField(default=30)
    created_at = models.DateTimeField()

    objects = ProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
