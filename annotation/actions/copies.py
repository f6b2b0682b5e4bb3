"""Many new rows of one table by COPY: several times as fast as INSERT, and no objects are made of them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The rows, in the current transaction; columns that are not named get their field's default."""
    rest = {name: value for name, value in defaults(model).items() if name not in columns}
    names = ", ".join(f'"{name}"' for name in (*columns, *rest))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        with cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row((*row, *rest.values()))


def defaults(model: type[Model]) -> dict[str, Any]:
    """The default of each column, as COPY takes it; JSON as its text."""
    return {
        str(field.column): json.dumps(field.get_default()) if isinstance(field, JSONField) else field.get_default()
        for field in model._meta.concrete_fields
    }


def new_ids(model: type[Model], count: int) -> list[int]:
    """Primary keys for so many new rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
