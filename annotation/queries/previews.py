"""What a queue's rules would do: to its pool, to what is drawn already, and to the people it asks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.models import Item, Queue
from annotation.queries import eligible, entry, progress, queues
from annotation.queries.eligible import Candidate


@dataclass(frozen=True, slots=True)
class Preview:
    """`expected` is for every 100 items; `answers` and `hours` for the whole pool, up to the stop rule."""

    expected: dict[str, int]
    pool: int
    entering: int
    answers: int
    seconds: float | None
    hours: float | None
    asked: list[Candidate]
    kept_out: list[Candidate]

    @property
    def everybody(self) -> int:
        """How many annotators the project has."""
        return len(self.asked) + len(self.kept_out)


def preview(queue: Queue, rules: dict[str, Any], *, named: Collection[int], now: datetime) -> Preview:
    """The effect of these rules on the queue (an unsaved one has no pool yet); nothing is changed."""
    proposed = under(queue, rules)
    expected = queues.expected(rules)
    pool = Item.objects.filter(queue=queue).in_pool().count() if queue.pk else 0
    entering = entry.entering(proposed).count() if pool and proposed.enqueue else pool
    answers = round(entering * expected["answers"] / queues.HUNDRED)
    if proposed.stop_after is not None:
        done = progress.queue(queue)["done"] if queue.pk else 0
        answers = min(answers, max(0, proposed.stop_after - done))
    seconds = queues.median_seconds(proposed)
    people = eligible.candidates(proposed, named=named, now=now)
    return Preview(
        expected=expected,
        pool=pool,
        entering=entering,
        answers=answers,
        seconds=seconds,
        hours=None if seconds is None else answers * seconds / 3600,
        asked=[one for one in people if not one.why_not],
        kept_out=[one for one in people if one.why_not],
    )


def under(queue: Queue, rules: dict[str, Any]) -> Queue:
    """The queue as it would be with these rules; not saved."""
    proposed = Queue(pk=queue.pk, project_id=queue.project_id, seed=queue.seed, created_at=queue.created_at)
    for rule, value in rules.items():
        setattr(proposed, rule, value)
    return proposed
