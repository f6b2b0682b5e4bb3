"""The token that a request carries, with its owner: one statement, as every request of a program needs it."""

from datetime import datetime

from annotation import prepared
from annotation.models import Token, User
from annotation.models.tokens import digest
from annotation.queries.desks import ASSIGNMENT, LARGEST, PROJECT, QUEUE, Desk, columns, made, with_roles

TOKEN = ("id", "project_id", "user_id", "name", "scopes", "expires_at", "revoked_at")
USER = ("id", "username", "is_active", "has_single_keys")
VALID = f"""
SELECT {columns("t", TOKEN)}, {columns("u", USER)} FROM annotation_token t JOIN annotation_user u ON u.id = t.user_id
WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
  AND u.is_active
"""  # noqa: S608  # made of constants
# The same with the assignment that the address names, and the owner's roles there: one round trip for both.
VALID_WITH_DESK = f"""
SELECT {columns("t", TOKEN)}, {columns("u", USER)},
    ARRAY(SELECT m.role::text FROM annotation_member m WHERE m.project_id = p.id AND m.user_id = u.id),
    {columns("p", PROJECT)}, {columns("q", QUEUE)}, {columns("a", ASSIGNMENT)}
FROM annotation_token t JOIN annotation_user u ON u.id = t.user_id
LEFT JOIN annotation_assignment a ON a.id = %(assignment)s::bigint
LEFT JOIN annotation_queue q ON q.id = a.queue_id LEFT JOIN annotation_project p ON p.id = q.project_id
WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
  AND u.is_active
"""  # noqa: S608  # made of constants


def valid(secret: str, *, now: datetime, assignment: int | None = None) -> Token | None:
    """The token with this secret and its owner, unless it was revoked, has run out, or its owner may not sign in.

    What is known of `assignment` comes along, for `desk_of`.
    """
    given = {"digest": digest(secret), "now": now}
    has_desk = assignment is not None and assignment <= LARGEST
    found = (
        prepared.row(VALID_WITH_DESK, {**given, "assignment": assignment}) if has_desk else prepared.row(VALID, given)
    )
    if found is None:
        return None
    token = made(Token, TOKEN, found[: len(TOKEN)])
    token.user = made(User, USER, found[len(TOKEN) : len(TOKEN) + len(USER)])
    if has_desk:
        vars(token)["desk"] = assignment, with_roles(found[len(TOKEN) + len(USER) :], token.user)
    return token


def desk_of(token: Token, assignment: int) -> tuple[bool, Desk | None]:
    """(whether it came along, the assignment with its owner's roles, None if it is not theirs to see); once."""
    came, found = vars(token).pop("desk", (None, None))
    return came == assignment, found
