"""Any table as a CSV file: the same address with ?format=csv, for the same people, with all rows instead of a page."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse

BLOCK = 200  # rows sent together
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute instead of show


def is_wanted(request: HttpRequest) -> bool:
    """Whether the request asks for the file."""
    return request.GET.get("format") == "csv"


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The rows under their headings, read while they are sent; a spreadsheet opens it as `name`.csv."""
    response = StreamingHttpResponse(blocks(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def blocks(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Encoded lines, BLOCK at a time."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(columns)
    # In a transaction: a server-side cursor lives no longer than that.
    with transaction.atomic():
        for number, row in enumerate(rows, start=1):
            writer.writerow([cell(value) for value in row])
            if number % BLOCK == 0:
                yield held.getvalue().encode()
                held.seek(0)
                held.truncate()
    yield held.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as the file has it; text that a spreadsheet would take for a formula gets an apostrophe."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
