"""Living through crashes of the database: when it was restarted, and work that is done again until it is back."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection

PATIENCE = 120.0  # seconds that a database may be away
GONE = ("57P", "08")  # SQL states of a server that stops, starts, or is not there
Result = TypeVar("Result")


class Era:
    """Counts up before and after each restart of the database: what was lent in an earlier era may be forgotten."""

    def __init__(self) -> None:
        fork = multiprocessing.get_context("fork")
        self.shared, self.changed_at = fork.Value("i", 0), fork.Value("d", 0.0)

    @property
    def number(self) -> int:
        """Even while the database is up."""
        return int(self.shared.value)

    @contextmanager
    def restarting(self) -> Iterator[None]:
        """Around a restart."""
        self.next()
        yield
        self.next()

    def next(self) -> None:
        """A new era."""
        self.changed_at.value = time.monotonic()
        self.shared.value += 1

    def is_shaken(self, seconds: float) -> bool:
        """Whether the database is away, or was a moment ago."""
        return bool(self.number % 2 or time.monotonic() - self.changed_at.value < seconds)


def through_crashes(work: Callable[[], Result], era: Era | None) -> Result:
    """What the work returns; where crashes are part of the plan, it is done again until the database is back."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError) as broken:
            connection.close()
            if era is None or not is_gone(broken) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def is_gone(broken: DatabaseError) -> bool:
    """Whether the server went away, as opposed to a deadlock or a statement it did not like."""
    state = getattr(broken.__cause__, "sqlstate", None)
    return state is None or state.startswith(GONE)
