"""Waiting for something to become true, with a generous deadline: machines that test are busy."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 120.0  # seconds
Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, *, patience: float = PATIENCE) -> Found:
    """The first true value that `look` returns; AssertionError naming `what` when there is none in time."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain: {what}"
        time.sleep(0.02)
    return found
