"""Streams of JSON lines, read from the database while they are sent."""

from collections.abc import Iterable, Iterator

import msgspec
from django.db import connection, transaction
from django.http import StreamingHttpResponse

BLOCK = 32 * 1024  # characters sent together: a write per line would cost more than the line
MEDIA_TYPE = "application/x-ndjson"
ENCODER = msgspec.json.Encoder()  # a tenth of the time of json


def ndjson(lines: Iterable[str]) -> StreamingHttpResponse:
    """The lines as a response; each is a JSON object."""
    return StreamingHttpResponse(blocks(lines), content_type=MEDIA_TYPE)


def line(row: object) -> str:
    """A dictionary or a dataclass as a JSON object on one line."""
    return ENCODER.encode(row).decode()


def blocks(lines: Iterable[str]) -> Iterator[bytes]:
    """Encoded lines in blocks of about BLOCK."""
    held: list[str] = []
    size = 0
    # Inside a transaction a server-side cursor sends its first rows at once; outside, Postgres would store them all first.
    with transaction.atomic():
        read_to_the_end()
        for one in lines:
            held.append(one)
            size += len(one)
            if size > BLOCK:
                yield encoded(held)
                held, size = [], 0
    if held:
        yield encoded(held)


def encoded(lines: list[str]) -> bytes:
    """Lines as bytes, the last one ended too."""
    return ("\n".join(lines) + "\n").encode()


def read_to_the_end() -> None:
    """Tell the planner that every row of this transaction's cursors will be read."""
    with connection.cursor() as sql:
        # By default it plans for the first tenth: 20,000 preferences took 19 s to find instead of 0.1 s.
        sql.execute("SET LOCAL cursor_tuple_fraction = 1")
