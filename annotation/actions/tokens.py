"""API tokens: made once, shown once, stored hashed."""

import secrets
from datetime import datetime

from django.db import transaction

from annotation.actions import events
from annotation.errors import Invalid
from annotation.models import Project, Scope, Token, User
from annotation.models.tokens import digest


@transaction.atomic
def create(
    *, project: Project, user: User, name: str, scopes: list[str], now: datetime, expires_at: datetime | None = None
) -> tuple[Token, str]:
    """A new token and its secret, which is never shown or stored again."""
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise Invalid(f"Choose scopes among {', '.join(Scope.values)}.")
    if not name.strip():
        raise Invalid("Give the token a name, so that others know what it is for.")
    secret = f"fw_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        project=project,
        user=user,
        name=name.strip()[:80],
        prefix=secret[:10],
        digest=digest(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=expires_at,
    )
    events.record("token.created", project=project, actor=user, now=now, subject=token.pk, scopes=token.scopes)
    return token, secret


@transaction.atomic
def revoke(*, token: Token, actor: User, now: datetime) -> Token:
    """Stop a token from working; revoking it again changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        events.record("token.revoked", project=token.project, actor=actor, now=now, subject=token.pk)
    return token
