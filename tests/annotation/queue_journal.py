"""What happened in a storm: counts, receipts of what was acknowledged, and broken promises."""

import math
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.annotation.queue_crashes import Era
from tests.annotation.queue_hands import Lent

MOST_VIOLATIONS = 20  # enough to see what is wrong


@dataclass(frozen=True, slots=True)
class Receipt:
    """A row that the queue acknowledged; `choice` is empty for a skip."""

    annotator: int
    key: str
    annotation: int
    lent: Lent
    choice: str
    supersedes: int | None = None


@dataclass
class Journal:
    """What happened, written by many threads."""

    seed: int
    era: Era | None = None
    deadline: float = math.inf
    counts: Counter[str] = field(default_factory=Counter)
    receipts: list[Receipt] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """One more of these."""
        with self.lock:
            self.counts[what] += 1

    def complain(self, what: str) -> None:
        """A promise was broken."""
        with self.lock:
            told = f"seed {self.seed}: {what}"
            if len(self.violations) < MOST_VIOLATIONS and told not in self.violations:
                self.violations.append(told)

    def keep(self, receipt: Receipt) -> None:
        """An answer was acknowledged."""
        with self.lock:
            self.receipts.append(receipt)

    @property
    def is_hopeless(self) -> bool:
        """Whether going on would tell nothing new."""
        return len(self.violations) >= MOST_VIOLATIONS

    @property
    def is_over(self) -> bool:
        """Whether nobody should begin another operation."""
        return self.is_hopeless or time.monotonic() > self.deadline
