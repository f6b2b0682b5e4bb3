"""Streams of JSON lines, read from the database while they are sent."""

from collections.abc import Iterable, Iterator

import msgspec
from django.db import connection, transaction
from django.http import StreamingHttpResponse

BLOCK = 32 * 1024  # bytes sent together: a write per line would cost more than the line
MEDIA_TYPE = "application/x-ndjson"
ENCODER = msgspec.json.Encoder()  # a tenth of the time of json


def ndjson(rows: Iterable[object]) -> StreamingHttpResponse:
    """The rows as a response: JSON objects as text, or what becomes one."""
    return StreamingHttpResponse(blocks(rows), content_type=MEDIA_TYPE)


def blocks(rows: Iterable[object]) -> Iterator[bytes]:
    """A line for each row, in blocks of about BLOCK; texts are lines already."""
    held = bytearray()
    # Inside a transaction a server-side cursor sends its first rows at once; outside, Postgres would store them all first.
    with transaction.atomic():
        read_to_the_end()
        for row in rows:
            if isinstance(row, str):
                held += row.encode()
            else:
                ENCODER.encode_into(row, held, -1)
            held += b"\n"
            if len(held) > BLOCK:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def read_to_the_end() -> None:
    """Tell the planner that every row of this transaction's cursors will be read."""
    with connection.cursor() as sql:
        # By default it plans for the first tenth: 20,000 preferences took 19 s to find instead of 0.1 s.
        sql.execute("SET LOCAL cursor_tuple_fraction = 1")
