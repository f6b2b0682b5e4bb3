"""Request bodies: JSON that the database can hold, and objects without unknown fields."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from flywheel.formats import shape

LONGEST_KEY = 80  # characters of an idempotency key


class PlainJSONParser(JSONParser):
    """JSON without what Postgres cannot store: NUL, NaN, numbers beyond 64 bits."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value of the body, which Django has limited in size; 400 with a sentence."""
        try:
            value = json.loads(stream.read().decode(), parse_int=whole_number)
            shape.check_json(value)
        except (ValueError, RecursionError) as problem:
            raise ParseError(f"The body is not usable JSON: {problem}") from problem
        return value


def whole_number(digits: str) -> int:
    """An integer that fits 64 bits."""
    value = int(digits) if len(digits) < 21 else 2**63
    if abs(value) >= 2**63:
        raise ValueError("it holds a whole number beyond 64 bits")
    return value


class Body(serializers.Serializer):
    """The shape of a request's object; a field nobody knows is refused, so that a misspelt one is not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


def checked(shape_of: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """The values in `data`, or 400 naming each field that is wrong."""
    given = shape_of(data=data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def idempotency_key(request: Request, *, default: str | None = None) -> str:
    """The Idempotency-Key header: the same key again is the same request."""
    key = request.headers.get("Idempotency-Key", default or "").strip()
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise serializers.ValidationError(
            {"Idempotency-Key": [f"Send this header with 1 to {LONGEST_KEY} printable characters."]}
        )
    return key
