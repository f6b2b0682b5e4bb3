"""Annotators in processes of their own, a thread and a connection each, so that one interpreter's lock slows nobody."""

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from django.db import connections

from annotation.models import User
from tests.annotation.queue_hands import Hands
from tests.annotation.queue_journal import Journal
from tests.annotation.queue_operations import Person

FORK = multiprocessing.get_context("fork")
Tab = tuple[int, User, Callable[[], Hands]]


class Crew:
    """A forked process with some of the tabs; start it before the first thread."""

    def __init__(self, tabs: Sequence[Tab], operations: int, journal: Journal) -> None:
        self.journal = journal
        self.told, end = FORK.Pipe(duplex=False)
        connections.close_all()  # a connection must not be shared with a fork
        self.process = FORK.Process(target=work, args=(tabs, operations, journal, end), daemon=True)
        self.process.start()
        end.close()

    def is_at_work(self) -> bool:
        """Until it has told all."""
        return not self.told.poll()

    def report(self) -> None:
        """Add what the crew did to the journal."""
        try:
            counts, receipts, violations = self.told.recv()
        except EOFError:
            self.journal.complain("a crew died and took its receipts along")
            return
        with self.journal.lock:
            self.journal.counts.update(counts)
            self.journal.receipts += receipts
            self.journal.violations += violations
        self.process.join()


def work(tabs: Sequence[Tab], operations: int, journal: Journal, end: Connection) -> None:
    """In the child: a thread a tab, so many operations each."""
    threads = [threading.Thread(target=partial(one_tab, tab, operations, journal)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told: tuple[Any, ...] = (journal.counts, journal.receipts, journal.violations)
    end.send(told)


def one_tab(tab: Tab, operations: int, journal: Journal) -> None:
    """One tab's life, with hands made in the thread that uses them."""
    number, who, hands = tab
    try:
        Person(number, who.pk, hands(), journal).work(operations)
    except Exception as problem:  # noqa: BLE001  a thread that ends early is no proof
        journal.complain(f"person {number} ended with {problem!r}")
