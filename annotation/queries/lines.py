"""Rows that Postgres itself puts into JSON: many times as fast as objects made of them and taken apart again."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

STREAM = 1000
WHOLE, BEGINNING = "1", "0.001"  # of the rows; what the planner plans for


def lines(sql: str, **values: int | str) -> Iterator[str]:
    """The only column of rows that an index has in order: the first comes at once, however many follow."""
    for (line,) in rows(sql, fraction=BEGINNING, **values):
        yield line


def rows(sql: str, *, fraction: str = WHOLE, **values: int | str | None) -> Iterator[tuple[Any, ...]]:
    """Rows, read from the database while they are used."""
    with connection.cursor() as plan:
        plan.execute("SELECT set_config('cursor_tuple_fraction', %s, true)", [fraction])
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while found := cursor.fetchmany(STREAM):
            yield from found
