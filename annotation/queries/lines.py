"""Rows as Postgres sends them by COPY: many times as fast as objects made of them, and it works ahead while they are used."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

Values = Sequence[Any] | Mapping[str, Any]


def lines(sql: str, **values: int | str) -> Iterator[str]:
    """The only column of rows that an index has in order."""
    for (line,) in rows(sql, values, ("text",)):
        yield line


def rows(sql: str, values: Values, types: Sequence[str], *, is_ordered: bool = True) -> Iterator[tuple[Any, ...]]:
    """Rows of columns of these types; `is_ordered` if an index has them in order: then the first comes at once.

    Until the last one is taken the connection can do nothing else.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # Sorting whole tables first would keep the first row waiting, and all the texts on disk.
        cursor.execute("SELECT set_config('enable_sort', %s, true)", ["off" if is_ordered else "on"])
        with cursor.copy(f"COPY ({sql}) TO STDOUT", values) as copy:
            copy.set_types(types)
            yield from copy.rows()
        cursor.execute("SELECT set_config('enable_sort', 'on', true)")


def statement(found: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a query and its values, also of one that can find nothing."""
    sql, values = found.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return sql, tuple(values)
