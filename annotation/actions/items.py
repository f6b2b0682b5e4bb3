"""Questions for people, made from traces."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations, islice

from django.db import transaction

from annotation.actions import events
from annotation.actions.claims import draw
from annotation.errors import Invalid
from annotation.models import Gold, Item, Project, Queue, Side, Trace, User
from flywheel.differences import first_difference

PAIRS_PER_TASK = 6
CHUNK = 1000


def pair_up(*, project: Project, now: datetime) -> int:
    """Fill the pools of the project's queues from its traces; returns how many items are new."""
    return sum(fill(queue, now=now) for queue in project.queues.order_by("pk"))


def fill(queue: Queue, *, now: datetime) -> int:
    """Add what the queue could ask and does not know yet."""
    wanted = compared(queue) if queue.kind == Queue.Kind.COMPARE else alone(queue)
    known = set(Item.objects.filter(queue=queue).values_list("signature", flat=True))
    fresh = (traces for traces in wanted if signature(traces) not in known)
    count = 0
    # A chunk at a time, as the traces hold their messages.
    while chunk := list(islice(fresh, CHUNK)):
        add(queue, chunk, now=now)
        count += len(chunk)
    return count


def compared(queue: Queue) -> Iterator[tuple[Trace, ...]]:
    """Runs of one task that did different things, as many as the queue compares, the project's limit of items a task."""
    limit = queue.project.settings.get("pairs_per_task", PAIRS_PER_TASK)
    if queue.sides == 2:
        for traces in by_task(queue.project):
            yield from paired(queue, traces)[:limit]
        return
    asked = set(Side.objects.filter(item__queue=queue).values_list("trace_id", flat=True))
    for traces in by_task(queue.project):
        groups = sum(trace.pk in asked for trace in traces) // queue.sides
        yield from grouped(queue, traces, asked)[: max(0, limit - groups)]


def paired(queue: Queue, traces: list[Trace]) -> list[tuple[Trace, ...]]:
    """All pairs; those that part at the agent's own step come first."""
    pairs = [pair for pair in combinations(traces, 2) if pair[0].behaviour_hash != pair[1].behaviour_hash]
    pairs.sort(key=lambda pair: (not parts_at_a_step(*pair), draw(queue.seed, pair[0].pk, pair[1].pk)))
    return list(pairs)


def grouped(queue: Queue, traces: list[Trace], asked: set[int]) -> list[tuple[Trace, ...]]:
    """Groups of `sides` runs in a seeded order, each run in one of them; those left over wait for more runs."""
    different = {trace.behaviour_hash: trace for trace in traces if trace.pk not in asked}
    ordered = sorted(different.values(), key=lambda trace: draw(queue.seed, trace.pk))
    starts = range(0, len(ordered) - queue.sides + 1, queue.sides)
    return [tuple(ordered[start : start + queue.sides]) for start in starts]


def alone(queue: Queue) -> Iterator[tuple[Trace, ...]]:
    """Every run by itself."""
    for traces in by_task(queue.project):
        yield from ((trace,) for trace in traces)


def by_task(project: Project) -> Iterator[list[Trace]]:
    """Prepared runs of policies, a task at a time; demonstrations are not asked about."""
    ready = Trace.objects.filter(project=project).ready().not_demonstrations()
    group: list[Trace] = []
    for trace in ready.only("pk", "task", "messages", "behaviour_hash").order_by("task", "pk").iterator(CHUNK):
        if group and group[0].task != trace.task:
            yield group
            group = []
        group.append(trace)
    if group:
        yield group


def parts_at_a_step(a: Trace, b: Trace) -> bool:
    """Whether the first difference is the agent's own message on both sides."""
    parting = first_difference(a.messages, b.messages)
    return parting is not None and parting.both_assistant


def signature(traces: tuple[Trace, ...]) -> str:
    """The same traces are the same question, in whatever order."""
    return hashlib.sha256("-".join(str(pk) for pk in sorted(t.pk for t in traces)).encode()).hexdigest()


@transaction.atomic
def add(queue: Queue, questions: list[tuple[Trace, ...]], *, now: datetime) -> None:
    """New items of the pool with their sides; one another process added meanwhile is left alone."""
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    signatures = {signature(traces): traces for traces in questions}
    for known in Item.objects.filter(queue=queue, signature__in=signatures).values_list("signature", flat=True):
        del signatures[known]
    items = Item.objects.bulk_create(
        [Item(queue=queue, task=traces[0].task, signature=sign, created_at=now) for sign, traces in signatures.items()]
    )
    Side.objects.bulk_create(
        [
            Side(item=item, index=index, trace=trace)
            for item in items
            for index, trace in enumerate(signatures[item.signature])
        ]
    )


@transaction.atomic
def make_gold(*, item: Item, choice: str, source: str, author: User | None, now: datetime) -> Gold:
    """Turn an item of the pool into a known answer that is mixed in unseen."""
    # The queue's row is what a batch is drawn under: an item cannot be drawn and become gold at the same time.
    queue = Queue.objects.select_for_update(no_key=True).get(pk=item.queue_id)
    locked = Item.objects.get(pk=item.pk)
    check_gold(queue=queue, choice=choice)
    if locked.batch_id is not None:
        raise Invalid("This item is already being asked; only an item that still waits can become gold.")
    gold, is_new = Gold.objects.get_or_create(
        item=locked, defaults={"choice": choice, "source": source[:200], "author": author, "created_at": now}
    )
    if is_new:
        events.record("gold.added", project=queue.project_id, actor=author, now=now, subject=locked.pk)
    elif gold.choice != choice:
        raise Invalid(f"This item is gold already, and its known answer is {gold.choice}.")
    return gold


def check_gold(*, queue: Queue, choice: str) -> None:
    """Refuse what cannot be the known answer of an item of this queue."""
    if queue.kind != Queue.Kind.COMPARE or queue.sides > 2:
        raise Invalid("Only a comparison of two runs can have a known answer.")
    if choice not in ("a", "b", "tie", "both_bad"):
        raise Invalid("A known answer is a, b, tie or both_bad.")
