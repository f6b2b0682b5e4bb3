"""The tables of a queue's page as files: ?format=csv&table=people, leases, agreement or latency."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase

from annotation.errors import Forbidden
from annotation.models import Queue
from annotation.queries import agreement, latency, queues
from annotation.views import tables

Lines = Iterator[tuple[Any, ...]]


def queue_file(row: Queue, table: str, *, is_manager: bool, now: datetime) -> HttpResponseBase:
    """One table; what names people is for managers."""
    if table not in TABLES:
        raise Http404
    if table in OF_PEOPLE and not is_manager:
        raise Forbidden("Only a manager of this project may see who answered how much.")
    columns, lines = TABLES[table]
    return tables.csv_file(f"{table}-of-queue-{row.pk}", columns, lines(row, now))


def people(row: Queue, now: datetime) -> Lines:
    """Who did how much."""
    for one in queues.people(row, now=now):
        yield tuple(one[name] for name in ("person", "answers", "today", "skips", "seconds", "left", "last"))


def leases(row: Queue, now: datetime) -> Lines:
    """What is lent out, all of it."""
    for lent in queues.leases(row, most=None):
        yield lent.annotator.get_username(), lent.item_id, lent.claimed_at, lent.due_at


def agreed(row: Queue, now: datetime) -> Lines:
    """Agreement by day or week, as the plot has it."""
    for one in agreement.over_time(row, now=now).buckets:
        yield one["label"], one["value"], one["low"], one["high"], one["n"]


def lasting(row: Queue, now: datetime) -> Lines:
    """How long each stage of feedback took."""
    for stage in latency.of(row, now=now):
        for upto, count in stage["bars"]:
            yield stage["meaning"], stage["median"], stage["p90"], stage["n"], upto, count


TABLES: dict[str, tuple[tuple[str, ...], Callable[[Queue, datetime], Lines]]] = {
    "people": (("person", "answers", "today", "skipped", "median seconds", "quota left", "last answer"), people),
    "leases": (("person", "item", "since", "until"), leases),
    "agreement": (("when", "share who agree", "low", "high", "items"), agreed),
    "latency": (("stage", "median seconds", "90 % within seconds", "n", "up to", "answers"), lasting),
}
OF_PEOPLE = ("people", "leases")
