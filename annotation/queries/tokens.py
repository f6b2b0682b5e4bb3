"""The token that a request carries, with its owner: one statement, as every request of a program needs it."""

from datetime import datetime

from annotation import prepared
from annotation.models import Token, User
from annotation.models.tokens import digest
from annotation.queries.desks import columns, made

TOKEN = ("id", "project_id", "user_id", "name", "scopes", "expires_at", "revoked_at")
USER = ("id", "username", "is_active", "has_single_keys")
VALID = f"""
SELECT {columns("t", TOKEN)}, {columns("u", USER)} FROM annotation_token t JOIN annotation_user u ON u.id = t.user_id
WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
  AND u.is_active
"""  # noqa: S608  # made of constants


def valid(secret: str, *, now: datetime) -> Token | None:
    """The token with this secret and its owner, unless it was revoked, has run out, or its owner may not sign in."""
    found = prepared.row(VALID, {"digest": digest(secret), "now": now})
    if found is None:
        return None
    token = made(Token, TOKEN, found[: len(TOKEN)])
    token.user = made(User, USER, found[len(TOKEN) :])
    return token
