"""Who is asking: a program with a token, or a person with a session."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotation.models import Token, User
from annotation.queries import tokens


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; request.auth is the Token row with its project and scopes."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """The token's owner, or None when another scheme is used."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("The Authorization header must read: Bearer <token>.")
        named = request.parser_context["kwargs"].get("assignment_id")
        token = tokens.valid(parts[1].decode("latin-1"), now=timezone.now(), assignment=named)
        if token is None:
            raise AuthenticationFailed("This token is unknown, revoked or expired; ask an engineer for a new one.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes an anonymous request answer 401, not 403."""
        return 'Bearer realm="flywheel"'


class PersonAuthentication(SessionAuthentication):
    """A signed-in person; unsafe methods need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        """Makes an anonymous request answer 401, not 403."""
        return 'Bearer realm="flywheel"'
