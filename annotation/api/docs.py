"""The API's description: as OpenAPI for programs, and as a page for people."""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView

METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 8  # references are followed this far


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3, as JSON."""


@login_required
@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, body and answers; readable without a script."""
    return render(request, "api/docs.html", {"groups": operations()})


@cache
def operations() -> list[dict[str, Any]]:
    """The operations by noun: [{noun, operations: [{id, method, path, text, parameters, body, answers}]}]."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, entry in schema["paths"].items():
        for method in METHODS:
            if operation := entry.get(method):
                groups.setdefault(noun(path), []).append(described(path, method, operation, schema))
    return [{"noun": name, "operations": rows} for name, rows in sorted(groups.items())]


def noun(path: str) -> str:
    """What an address is about: /api/v1/projects/{slug}/traces and /api/v1/traces/{id} are about traces."""
    parts = path.removeprefix("/api/v1").strip("/").split("/")
    return parts[2] if parts[0] == "projects" and len(parts) > 2 else parts[0]


def described(path: str, method: str, operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """One operation as the page shows it."""
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "text": operation.get("description") or operation.get("summary", ""),
        "parameters": [
            {
                "name": one["name"],
                "place": one["in"],
                "is_required": one.get("required", False),
                "kind": one.get("schema", {}).get("type", "text"),
                "text": one.get("description", ""),
            }
            for one in operation.get("parameters", [])
        ],
        "body": content(operation.get("requestBody", {}), schema),
        "answers": [
            {"status": status, "text": answer.get("description", ""), "body": content(answer, schema)}
            for status, answer in operation.get("responses", {}).items()
        ],
    }


def content(holder: dict[str, Any], schema: dict[str, Any]) -> Any:
    """The shape of a body with its references filled in, or None if there is none."""
    for media in holder.get("content", {}).values():
        return resolved(media.get("schema", {}), schema)
    return None


def resolved(node: Any, schema: dict[str, Any], depth: int = 0) -> Any:
    """The node with what it refers to in its place."""
    if isinstance(node, list):
        return [resolved(part, schema, depth) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and depth < DEEPEST:
        name = node["$ref"].rsplit("/", 1)[-1]
        return resolved(schema["components"]["schemas"][name], schema, depth + 1)
    return {key: resolved(value, schema, depth) for key, value in node.items()}
