"""Token: a program's key to the API, scoped and stored hashed."""

import hashlib
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.projects import Project
from annotation.models.users import User


class Scope(models.TextChoices):
    """What a token may be used for."""

    TRACES_WRITE = "traces:write"
    QUEUE_WORK = "queue:work"
    DATA_READ = "data:read"
    RELEASES_WRITE = "releases:write"
    RUNS_WRITE = "runs:write"
    POLICIES_WRITE = "policies:write"


class TokenQuerySet(models.QuerySet["Token"]):
    """Finding the token a request carries."""

    def valid(self, secret: str, *, now: datetime) -> Self:
        """The token with this secret, unless it was revoked or has run out."""
        alive = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
        return self.filter(alive, digest=digest(secret), revoked_at__isnull=True)


def digest(secret: str) -> str:
    """SHA-256 of a token; the secret has 256 random bits, so no salt or stretching is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Token(models.Model):
    """Belongs to a person and a project: it can never do more than that person may there."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(scopes__contained_by=Scope.values), name="token_scopes_known")
        ]
