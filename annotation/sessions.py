"""Who is signed in: Django's session store and user lookup, each with one prepared statement, as every page needs both."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from annotation import prepared
from annotation.models import User

LIVE = "SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s"
FIELDS = [field.attname for field in User._meta.concrete_fields]
PERSON = f"""
SELECT {", ".join(f'"{field}"' for field in FIELDS)} FROM annotation_user WHERE id = %(user)s::bigint
"""  # noqa: S608  # made of constants


class SessionStore(DatabaseStore):
    """Sessions in the database, where both web processes see a log-out at once."""

    def load(self) -> dict[str, object]:
        """What the session holds; nothing if it is unknown or has run out."""
        found = prepared.row(LIVE, {"key": self.session_key, "now": timezone.now()})
        if found is None:
            self._session_key = None
            return {}
        held: dict[str, object] = self.decode(found[0])
        return held


class Backend(ModelBackend):
    """Passwords and people as Django keeps them."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, unless they may not sign in any more."""
        found = prepared.row(PERSON, {"user": user_id})
        if found is None:
            return None
        user: User = User.from_db("default", FIELDS, found)
        return user if self.user_can_authenticate(user) else None
