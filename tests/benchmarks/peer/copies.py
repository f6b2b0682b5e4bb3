"""SQL that copies rows of a table with a few columns changed."""

from django.db.models import Model


def copy_of(model: type[Model], **changed: str) -> str:
    """The first half of INSERT … SELECT: all columns of `t` but the key, some of them changed."""
    columns = [str(field.column) for field in model._meta.concrete_fields if field.column != "id"]
    chosen = [changed.get(column, f't."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(chosen)}"
