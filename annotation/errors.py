"""Refusals carry the sentence for the person who asked; here they become HTTP, in one place."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

RETRY_SECONDS = 2  # after which a request that found no database may come again


class Refused(Exception):
    """The request was understood and is not granted; subclasses set status and type."""

    status = 409
    type = "refused"

    def __init__(self, sentence: str, **extra: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.extra = sentence, extra


class Invalid(Refused):
    """What was sent breaks a rule that its shape did not show."""

    status = 422
    type = "invalid"


class Forbidden(Refused):
    """The person is a member but lacks the right."""

    status = 403
    type = "forbidden"


def problem(
    *, kind: str, detail: str, status: int, errors: Any = None, extra: dict[str, Any] | None = None
) -> Response:
    """An error body as RFC 9457 has it: {type, detail, errors}."""
    body = {"type": kind, "detail": detail, "errors": errors or [], **(extra or {})}
    return Response(body, status=status, content_type="application/problem+json")


def api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal has one shape."""
    if isinstance(error, Refused):
        set_rollback()
        return problem(kind=error.type, detail=error.sentence, status=error.status, extra=error.extra)
    if isinstance(error, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        return problem(kind="too-large", detail=f"The body is larger than {limit} MiB.", status=413)
    if isinstance(error, UnreadablePostError):
        return problem(kind="cut-short", detail="The connection broke before the body ended.", status=400)
    if isinstance(error, OperationalError):
        set_rollback()
        answer = problem(kind="unavailable", detail="The database cannot be reached; send this again.", status=503)
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    response = exception_handler(error, context)
    if response is None:
        return None
    kind, detail, errors = described(error)
    headers = {name: value for name, value in response.items() if name in {"WWW-Authenticate", "Retry-After"}}
    answer = problem(kind=kind, detail=detail, status=response.status_code, errors=errors)
    for name, value in headers.items():
        answer[name] = value
    return answer


def described(error: Exception) -> tuple[str, str, list[Any]]:
    """(type, detail, errors) of an error that DRF or Django raised."""
    if isinstance(error, ValidationError):
        return "invalid", "Some fields are missing or wrong; see errors.", flattened(error.detail)
    if isinstance(error, Http404):
        return "not-found", "There is nothing here, or nothing that you may see.", []
    if isinstance(error, PermissionDenied):
        return "forbidden", str(error) or "You may not do this here.", []
    if isinstance(error, APIException):
        codes = error.get_codes()
        return (codes if isinstance(codes, str) else error.default_code).replace("_", "-"), str(error.detail), []
    return "error", str(error), []


def flattened(detail: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested error detail as a flat list of {field, message}."""
    if isinstance(detail, dict):
        return [e for key, value in detail.items() for e in flattened(value, f"{path}.{key}".lstrip("."))]
    if isinstance(detail, list):
        nested = [flattened(value, path) for value in detail]
        return [e for part in nested for e in part]
    return [{"field": path, "message": str(detail)}]
