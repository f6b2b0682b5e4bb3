"""The body of an upload as a stream: never whole in memory, never beyond the limit, gzip unpacked on the way."""

import gzip
import io
import zlib
from typing import BinaryIO, cast

from django.http import HttpRequest

GZIP = b"\x1f\x8b"


class Wire(io.RawIOBase):
    """What the client sends, with or without Content-Length, counted."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__()
        # Django reads nothing without Content-Length; a server that ends the input itself (chunked) may be read on.
        is_chunked = not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated")
        self._source = cast("BinaryIO", request.META["wsgi.input"] if is_chunked else request)
        self._left = limit
        self.is_over = self.is_broken = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read some bytes; none once the limit is passed or the connection broke."""
        if self.is_over or self.is_broken:
            return 0
        try:
            found = self._source.read(len(buffer))
        except OSError:
            self.is_broken = True
            return 0
        self._left -= len(found)
        if self._left < 0:
            self.is_over = True
            return 0
        buffer[: len(found)] = found
        return len(found)


class Upload:
    """A stream of plain bytes. `is_over`: there was more than the limit; `is_broken`: the connection broke."""

    def __init__(self, request: HttpRequest, *, limit: int) -> None:
        self._wire = Wire(request, limit)
        buffered = io.BufferedReader(cast("io.RawIOBase", self._wire), buffer_size=2**16)
        packed = buffered.peek(2)[:2] == GZIP
        self._plain: BinaryIO = gzip.GzipFile(fileobj=buffered) if packed else buffered  # type: ignore[assignment]
        self._left = limit
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether reading stopped at the limit: of what was sent, or of what it unpacks to."""
        return self._is_over or self._wire.is_over

    @property
    def is_broken(self) -> bool:
        """Whether the client went away."""
        return self._wire.is_broken

    def read(self, size: int) -> bytes:
        """At most `size` bytes; zlib.error if the gzip stream is damaged."""
        if self._is_over:
            return b""
        try:
            found = self._plain.read(size)
        except (EOFError, gzip.BadGzipFile) as problem:
            raise zlib.error(str(problem)) from problem
        self._left -= len(found)
        self._is_over = self._left < 0
        return b"" if self._is_over else found
