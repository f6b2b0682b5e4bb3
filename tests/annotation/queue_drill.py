"""Many people at once, over real connections: the drill behind the queue's concurrency tests."""

import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from annotation.actions import annotations, assignments, slots
from annotation.models import Annotation, Assignment, Item, Queue, Score, Side, Slot, User
from tests.factories import TraceFactory

PATIENCE = 900.0  # seconds until the drill gives up, on a busy machine too


@dataclass
class Outcome:
    """What the threads did and what went wrong."""

    answers: int = 0
    errors: list[str] = field(default_factory=list)


def one_tab(queue: Queue, user: User, seed: int, outcome: Outcome, lock: threading.Lock) -> None:
    """Claim and answer until nothing is left; now and then let a lease run out, skip nothing, give something back."""
    rng = random.Random(seed)
    deadline = time.monotonic() + PATIENCE
    answered = 0
    try:
        while time.monotonic() < deadline:
            try:
                lent = assignments.claim(queue=queue, annotator=user, now=timezone.now())
                if rng.random() < 0.02:
                    assignments.release(assignment=lent, now=timezone.now())
                    continue
                annotations.submit(
                    assignment=lent, answer={"choice": rng.choice(["1", "2", "tie"])}, client_key=str(uuid.uuid4()),
                    active_seconds=1.0, now=timezone.now(),
                )  # fmt: skip
                answered += 1
            except assignments.NothingLeft as nothing:
                if nothing.extra["reason"] == "finished":
                    break
                time.sleep(0.02)
            except (assignments.NotOpen, annotations.AlreadyAnswered):
                continue  # the other tab of the same person was quicker
    except DatabaseError as error:
        with lock:
            outcome.errors.append(repr(error))
    finally:
        with lock:
            outcome.answers += answered
        connection.close()


def disturb(queue: Queue, stop: threading.Event, outcome: Outcome, lock: threading.Lock) -> None:
    """Re-score every item, expire leases and lower cursors the whole time."""
    rng = random.Random(0)
    items = list(Item.objects.filter(queue=queue).values_list("pk", flat=True))
    try:
        while not stop.is_set():
            Score.objects.bulk_create(
                [Score(item_id=pk, value=rng.random(), rule="drill", scored_at=timezone.now()) for pk in items],
                update_conflicts=True, unique_fields=["item"], update_fields=["value", "scored_at"],
            )  # fmt: skip
            slots.reorder(queue=queue.pk)
            for lent in Assignment.objects.open().filter(queue=queue).order_by("?")[:1]:
                Assignment.objects.filter(pk=lent.pk, state="open").update(due_at=timezone.now() - timedelta(seconds=1))
            assignments.expire_overdue(now=timezone.now())
            time.sleep(0.05)
    except DatabaseError as error:
        with lock:
            outcome.errors.append(repr(error))
    finally:
        connection.close()


def run(queue: Queue, people: list[User], *, tabs: int = 2) -> Outcome:
    """All people with all their tabs, under constant re-scoring."""
    outcome, lock, stop = Outcome(), threading.Lock(), threading.Event()
    workers = [
        threading.Thread(target=one_tab, args=(queue, user, number * tabs + tab, outcome, lock))
        for number, user in enumerate(people)
        for tab in range(tabs)
    ]
    noise = threading.Thread(target=disturb, args=(queue, stop, outcome, lock))
    for thread in [noise, *workers]:
        thread.start()
    for thread in workers:
        thread.join()
    stop.set()
    noise.join()
    return outcome


def violations(queue: Queue) -> list[str]:
    """Everything that breaks a promise of the queue."""
    found = []
    answers = Counter(Annotation.objects.answers().filter(item__queue=queue, round=0).values_list("item", flat=True))
    targets = dict(Item.objects.filter(queue=queue).values_list("pk", "target"))
    found += [
        f"item {pk}: {answers[pk]} answers, {target} wanted" for pk, target in targets.items() if answers[pk] != target
    ]
    twice = Counter(Annotation.objects.answers().filter(item__queue=queue, round=0).values_list("item", "annotator"))
    found += [f"{pair} answered twice" for pair, count in twice.items() if count > 1]
    done = Assignment.objects.filter(queue=queue, state="done").count()
    if done != sum(answers.values()):
        found.append(f"{done} assignments done, {sum(answers.values())} answers kept")
    if left := Slot.objects.filter(queue=queue).count():
        found.append(f"{left} slots left over")
    return found


@transaction.atomic
def prepare(queue: Queue, count: int) -> None:
    """`count` two-sided items, all asked at once; every item shows the same two traces."""
    a, b = TraceFactory.create_batch(2, project=queue.project, task="drill")
    now = timezone.now()
    batch = queue.batches.create(
        number=1, rule="drill", pool_size=count, size=count, exploration_share=0, seed=1, drawn_at=now
    )
    items = Item.objects.bulk_create(
        Item(
            queue=queue, task="drill", signature=f"{n:064d}", target=queue.overlap, batch=batch, selected_by="drill",
            propensity=1.0, entered_at=now, created_at=now,
        )
        for n in range(count)
    )  # fmt: skip
    Side.objects.bulk_create(
        Side(item=item, index=index, trace=trace) for item in items for index, trace in enumerate((a, b))
    )
    slots.settle(item.pk for item in items)
