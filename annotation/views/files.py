"""Sending a file from disk."""

from pathlib import Path

from django.http import FileResponse, HttpRequest

TYPES = {
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".md": "text/markdown; charset=utf-8",
}


def served(request: HttpRequest, path: Path) -> FileResponse:
    """The file as a download, streamed."""
    kind = TYPES.get(path.suffix, "application/octet-stream")
    return FileResponse(path.open("rb"), filename=path.name, as_attachment=True, content_type=kind)
