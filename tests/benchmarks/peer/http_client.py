"""A small HTTP/1.1 client on asyncio streams: one connection, one request at a time. The same for every system."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, raw head and body of a response."""

    status: int
    head: bytes
    body: bytes


class Connection:
    """A kept-alive connection that sends the same headers with every request."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.headers = dict(headers or {})
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        return self

    async def __aexit__(self, *problem: object) -> None:
        if self._writer:
            self._writer.close()

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The whole response."""
        await self.send(method, path, body, headers)
        status, head = await self._head()
        pieces = [piece async for piece in self._body(head)]
        return Answer(status, head, b"".join(pieces))

    async def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Write the request; `request` and `stream` read the response."""
        assert self._writer is not None, "use it in an async with block"
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in {**self.headers, **(headers or {})}.items()]
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await self._writer.drain()

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """The body of a GET as it arrives; anything but 200 is an error."""
        await self.send("GET", path)
        status, head = await self._head()
        assert status == 200, f"GET {path} answered {status}"
        async for piece in self._body(head):
            yield piece

    async def _head(self) -> tuple[int, bytes]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        return int(head[9:12]), head

    async def _body(self, head: bytes) -> AsyncIterator[bytes]:
        length = header(head, b"content-length")
        if length:
            yield await self._reader.readexactly(int(length))
        elif header(head, b"transfer-encoding") == b"chunked":
            while size := int(await self._reader.readline(), 16):
                yield await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            await self._reader.readexactly(2)


def header(head: bytes, name: bytes) -> bytes:
    """The value of a header, whatever the case of its name; empty if there is none."""
    start = head.lower().find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip()
