"""How a generated operation reaches the queue: the public actions on a connection of its own, through crashes too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from annotation.actions import annotations, assignments, drafts, handover
from annotation.errors import Refused
from annotation.models import Annotation, Assignment, Queue, User
from tests.annotation.queue_crashes import Era, through_crashes


class Clock:
    """The moment that every action is told; it only goes forward."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        """Real time and all leaps so far."""
        return timezone.now() + self.offset

    def leap(self, seconds: float) -> None:
        """Let leases run out and repeats become due for everybody."""
        self.offset += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Lent:
    """An assignment as its annotator knows it; `item` is what was on the screen."""

    pk: int
    item: int
    round: int
    place: int
    order: tuple[int, ...]
    era: int = 0


class Forgotten(Refused):
    """A lease that a crash took back: a claim is not flushed to disk before it is answered."""

    type = "forgotten"


class Hands(Protocol):
    """What an annotator can do; whatever is not granted raises Refused."""

    def claim(self) -> Lent: ...
    def heartbeat(self, lent: Lent) -> None: ...
    def draft(self, lent: Lent, text: str) -> None: ...
    def release(self, lent: Lent) -> None: ...
    def skip(self, lent: Lent, key: str) -> int: ...
    def submit(self, lent: Lent, choice: str, key: str) -> int: ...
    def hand_over(self, lent: Lent, choice: str, key: str) -> tuple[int, Lent | None]: ...
    def supersede(self, annotation: int, choice: str, key: str) -> int: ...
    def undo(self) -> Lent: ...
    def close(self) -> None: ...


class Actions:
    """The actions themselves, called by keyword in the thread that owns this object."""

    def __init__(self, queue: Queue, annotator: User, clock: Clock, era: Era | None = None) -> None:
        self.queue, self.annotator, self.clock, self.era = queue, annotator, clock, era

    def claim(self) -> Lent:
        """The next item, by the queue's rules of this moment."""
        era = self.era.number if self.era else 0

        def work() -> Lent:
            queue = Queue.objects.get(pk=self.queue.pk)
            return known(assignments.claim(queue=queue, annotator=self.annotator, now=self.clock.now()), era)

        return through_crashes(work, self.era)

    def heartbeat(self, lent: Lent) -> None:
        """Still working on it."""
        self.on(lent, lambda row: assignments.heartbeat(assignment=row, now=self.clock.now()))

    def draft(self, lent: Lent, text: str) -> None:
        """Keep what was typed."""
        answer = {"rationale": text}
        self.on(lent, lambda row: drafts.save(assignment=row, answer=answer, now=self.clock.now()))

    def release(self, lent: Lent) -> None:
        """Give it back."""
        self.on(lent, lambda row: assignments.release(assignment=row, now=self.clock.now()))

    def skip(self, lent: Lent, key: str) -> int:
        """Pass it on."""
        return self.on(
            lent,
            lambda row: (
                annotations.skip(assignment=row, reason="not my subject", client_key=key, now=self.clock.now()).pk
            ),
        )

    def submit(self, lent: Lent, choice: str, key: str) -> int:
        """Answer it."""
        return self.on(
            lent,
            lambda row: (
                annotations.submit(
                    assignment=row, answer={"choice": choice}, client_key=key, active_seconds=1.0, now=self.clock.now()
                ).pk
            ),
        )

    def hand_over(self, lent: Lent, choice: str, key: str) -> tuple[int, Lent | None]:
        """Answer it and take the next one."""
        era = self.era.number if self.era else 0

        def work(row: Assignment) -> tuple[int, Lent | None]:
            given, following = handover.submit_and_claim(
                assignment=row, answer={"choice": choice}, client_key=key, active_seconds=1.0, is_shown=False,
                now=self.clock.now(),
            )  # fmt: skip
            return given.pk, following and known(following, era)

        return self.on(lent, work)

    def supersede(self, annotation: int, choice: str, key: str) -> int:
        """Change an answer."""
        return through_crashes(
            lambda: annotations.supersede(
                annotation=Annotation.objects.select_related("assignment").get(pk=annotation),
                answer={"choice": choice}, client_key=key, active_seconds=1.0, now=self.clock.now(),
            ).pk,
            self.era,
        )  # fmt: skip

    def undo(self) -> Lent:
        """Take the last answer back."""
        era = self.era.number if self.era else 0

        def work() -> Lent:
            queue = Queue.objects.get(pk=self.queue.pk)
            return known(annotations.undo(queue=queue, annotator=self.annotator, now=self.clock.now()), era)

        return through_crashes(work, self.era)

    def on(self, lent: Lent, work: Callable[[Assignment], Any]) -> Any:
        """Do it with the assignment's row as it is now."""

        def tried() -> Any:
            row = Assignment.objects.filter(pk=lent.pk).first()
            if row is None or (row.item_id, row.annotator_id) != (lent.item, self.annotator.pk):
                raise Forgotten("This assignment is not there.")
            return work(row)

        return through_crashes(tried, self.era)

    def close(self) -> None:
        """Leave no connection behind."""
        connection.close()


def known(row: Assignment, era: int) -> Lent:
    """An assignment as the annotator is told of it."""
    return Lent(row.pk, row.item_id, row.round, row.place, tuple(row.order), era)
