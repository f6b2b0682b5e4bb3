"""Files of a release: whole or one range, with the manifest's hashes as ETags."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.api import access
from annotation.errors import Refused
from annotation.models import Release, Role, Scope
from annotation.queries import release_files

BLOCK = 2**16
TYPES = {
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".md": "text/markdown; charset=utf-8",
}
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NotReady(Refused):
    """The folder is not there yet, or never will be."""

    type = "release-not-ready"


class ReleaseFile(APIView):
    """One file of a release."""

    @extend_schema(
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=0-99, one range")],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, release_id: int, name: str) -> HttpResponseBase:
        """The file, or the asked range of it (206); 416 for a range outside, 304 if the ETag is known."""
        rows = Release.objects.visible_to(access.person(request))
        release = access.row(request, rows, release_id, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        if release.state != Release.State.READY:
            raise NotReady(f"This release is {release.state}; only a ready one has files.")
        path, etag = found(release, name)
        known = get_conditional_response(request._request, etag=etag)
        response = known if known is not None and known.status_code == 304 else served(request, path, etag)
        response["ETag"] = etag
        response["Accept-Ranges"] = "bytes"
        return response


def found(release: Release, name: str) -> tuple[Path, str]:
    """(path, ETag) of a file that the manifest names; nothing else is looked up on the disk."""
    path = release_files.path(release, name)
    is_manifest = name == release_files.MANIFEST
    return path, quote_etag(release.digest if is_manifest else release.manifest["files"][name]["sha256"])


def served(request: Request, path: Path, etag: str) -> HttpResponseBase:
    """The whole file, one range of it, or 416."""
    size, media_type = path.stat().st_size, TYPES.get(path.suffix, "application/octet-stream")
    wanted = request.headers.get("Range", "")
    is_stale = request.headers.get("If-Range", etag) != etag
    if not wanted.startswith("bytes=") or "," in wanted or is_stale:
        return FileResponse(path.open("rb"), filename=path.name, as_attachment=True, content_type=media_type)
    bounds = within(wanted, size)
    if bounds is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = bounds
    response = StreamingHttpResponse(part(path.open("rb"), first, last), status=206, content_type=media_type)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    return response


def within(wanted: str, size: int) -> tuple[int, int] | None:
    """(first, last) byte of a range, both included; None if it cannot be satisfied (RFC 9110, 14.1.2)."""
    match = RANGE.fullmatch(wanted)
    if match is None or not any(match.groups()):
        return None
    start, end = match.groups()
    if not start:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
    return (first, last) if first <= last else None


def part(file: IO[bytes], first: int, last: int) -> Iterator[bytes]:
    """Bytes first..last of an open file, which is closed at the end."""
    with file:
        file.seek(first)
        left = last - first + 1
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
