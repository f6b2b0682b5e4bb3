"""Streams of JSON lines, read from the database while they are sent."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.http import StreamingHttpResponse

BLOCK = 32 * 1024  # characters sent together: a write per line would cost more than the line
MEDIA_TYPE = "application/x-ndjson"


def ndjson(rows: Iterable[dict[str, Any]]) -> StreamingHttpResponse:
    """The rows as a response, one JSON object a line."""
    return StreamingHttpResponse(blocks(rows), content_type=MEDIA_TYPE)


def blocks(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Encoded lines in blocks of about BLOCK."""
    held: list[str] = []
    size = 0
    # Inside a transaction a server-side cursor sends its first rows at once; outside, Postgres would store them all first.
    with transaction.atomic():
        read_to_the_end()
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            held.append(line)
            size += len(line)
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
