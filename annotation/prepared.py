"""The few statements of the busiest requests, prepared once a connection: planning them costs more than running them."""

from contextlib import ExitStack
from typing import Any

from django.db import connection
from psycopg import Connection, Cursor

Sending = tuple[str, dict[str, Any]]  # a statement and its parameters
ON_DEMAND = 2**31  # runs after which a statement is prepared unasked: never


def server_side() -> Connection[Any]:
    """The thread's connection, allowed to prepare what it is asked to; Django's settings forbid it altogether."""
    connection.ensure_connection()
    raw: Connection[Any] = connection.connection
    raw.prepare_threshold = ON_DEMAND
    return raw


def rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement, run in the caller's transaction; empty for one that returns none.

    Parameters are bound by the server, so each needs a cast where its type is not plain from its place.
    """
    raw = server_side()
    # Django's transaction state decides about commits; its cursor would bind on the client, and so prepare nothing.
    with connection.wrap_database_errors, Cursor(raw) as cursor:
        return fetched(cursor.execute(statement.encode(), parameters, prepare=True))


def together(*statements: Sending) -> list[list[tuple[Any, ...]]]:
    """All rows of each statement, sent at once and run one after the other: each sees what those before it did."""
    raw = server_side()
    with connection.wrap_database_errors, ExitStack() as open_cursors:
        cursors = [open_cursors.enter_context(Cursor(raw)) for _ in statements]
        with raw.pipeline():
            for cursor, (statement, parameters) in zip(cursors, statements, strict=True):
                cursor.execute(statement.encode(), parameters, prepare=True)
        return [fetched(cursor) for cursor in cursors]


def fetched(cursor: Cursor[Any]) -> list[tuple[Any, ...]]:
    """What a statement returned. The result is asked, as the cursor's own description is costly to make."""
    return cursor.fetchall() if cursor.pgresult is not None and cursor.pgresult.nfields else []


def row(statement: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    """The first row, or None."""
    found = rows(statement, parameters)
    return found[0] if found else None
