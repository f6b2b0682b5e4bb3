"""How the OpenAPI description names things, and how callers prove who they are."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers


class Problem(serializers.Serializer):
    """Every refusal."""

    type = serializers.CharField(help_text="what went wrong, in one word for programs")
    detail = serializers.CharField(help_text="the same in a sentence for people")
    errors = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))  # type: ignore[assignment]  # the contract's name


class Schema(AutoSchema):
    """Components are called after view and class, because every view has its own Input and Output."""

    def get_serializer_name(self, serializer: serializers.BaseSerializer, direction: Direction) -> str:
        """Claim.Output → ClaimOutput."""
        return type(serializer).__qualname__.replace(".", "")

    def get_operation_id(self) -> str:
        """The view's name and the method: tracesGet."""
        return f"{type(self.view).__name__[0].lower()}{type(self.view).__name__[1:]}{self.method.capitalize()}"

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        problem = self._get_response_for_code(Problem, "4XX", media_types=["application/problem+json"])
        return {**bodies, "4XX": bodies.get("4XX", problem)}


class TokenScheme(OpenApiAuthenticationExtension):
    """Programs."""

    target_class = "annotation.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):
    """People who are signed in."""

    target_class = "annotation.api.authentication.PersonAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """The session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
