"""The storm: annotators, managers and an inspector on one queue at once, then calm, and then every item is filled."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import connection

from annotation.actions import assignments, items, slots
from annotation.errors import Refused
from annotation.models import Item, Project, Queue, Side, Trace, User
from tests.annotation import queue_invariants
from tests.annotation.queue_hands import Actions, Clock, Era, through_crashes
from tests.annotation.queue_invariants import Inspector, rows
from tests.annotation.queue_managers import Manager
from tests.annotation.queue_operations import OPERATIONS, Journal, Person
from tests.factories import PolicyFactory, ProjectFactory, QueueFactory, TraceFactory, person

GOLD = 20
# Open places of items that this person never had: whoever is told that nothing is left must have none.
LEFT_FOR = """
SELECT s.item_id FROM annotation_slot s WHERE s.queue_id = %(queue)s AND NOT EXISTS (
    SELECT 1 FROM annotation_assignment a WHERE a.item_id = s.item_id AND a.annotator_id = %(me)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of what."""

    operations: int
    items: int
    seed: int = 1
    annotators: int = 32
    second_tabs: int = 4
    pause: float = 0.03  # seconds between the acts of one manager, on average
    managers: int = 2


def run(plan: Plan) -> Journal:
    """A whole storm on the actions themselves, from an empty queue to the last answer."""
    queue, people, manager = prepare(plan)
    journal, clock = Journal(plan.seed), Clock()
    with queue_invariants.watched():
        rage(plan, queue, people, manager, clock, journal)
        queue_invariants.everything(queue, journal)
        calm(queue, people, manager, clock, journal)
        queue_invariants.everything(queue, journal)
    return journal


def rage(plan: Plan, queue: Queue, people: list[User], manager: User, clock: Clock, journal: Journal) -> None:
    """All at once, until the annotators have done their operations."""
    tabs = [*people, *people[: plan.second_tabs]]
    share = -(-plan.operations // len(tabs))
    hands = [Actions(queue, who, clock) for who in tabs]
    workers = [
        partial(Person(number, who.pk, hand, journal).work, share)
        for number, (who, hand) in enumerate(zip(tabs, hands, strict=True))
    ]
    among_managers(plan, queue, manager, clock, journal, workers)


def among_managers(
    plan: Plan,
    queue: Queue,
    manager: User,
    clock: Clock,
    journal: Journal,
    workers: list[Callable[[], None]],
    era: Era | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Run the workers to their end under disturbances and looks; `meanwhile` is called from this thread."""
    stop = threading.Event()
    managers = [Manager(number, queue, manager, clock, journal) for number in range(plan.managers)]
    others = [partial(one.work, stop, pause=plan.pause, era=era) for one in managers]
    others.append(partial(inspect, Inspector(queue, journal), stop, era))
    working = [threading.Thread(target=work, daemon=True) for work in workers]
    disturbing = [threading.Thread(target=work, daemon=True) for work in others]
    for thread in [*disturbing, *working]:
        thread.start()
    while any(thread.is_alive() for thread in working):
        meanwhile()
        time.sleep(0.1)
    stop.set()
    for thread in disturbing:
        thread.join()


def inspect(inspector: Inspector, stop: threading.Event, era: Era | None) -> None:
    """Look at everything a few times a second."""
    try:
        while not stop.wait(0.25):
            through_crashes(inspector.look, era)
    except Exception as problem:  # noqa: BLE001  an inspector that fails is no proof
        inspector.journal.complain(f"the inspector ended with {problem!r}")
    finally:
        connection.close()


def calm(queue: Queue, people: list[User], manager: User, clock: Clock, journal: Journal) -> None:
    """Everybody comes back and answers what they get until nothing is left: then every item is filled."""
    Manager(99, queue, manager, clock, journal).resume()
    clock.leap(queue.lease_seconds + 1)
    while assignments.expire_overdue(now=clock.now()):
        pass
    for number, who in enumerate(people):
        tab = Person(500 + number, who.pk, Actions(queue, who, clock), journal)
        try:
            while not journal.is_hopeless:
                tab.claim(None)
                tab.submit(tab.lent[-1])
                journal.count("calm: answered")
        except assignments.NothingLeft:
            for (item,) in rows(LEFT_FOR, queue=queue.pk, me=who.pk):
                journal.complain(f"{who.pk} was told that nothing is left, and item {item} wants people")
        except Refused as refused:
            journal.complain(f"the calm was refused: {refused.type}: {refused}")
    unfilled(queue, journal)


def unfilled(queue: Queue, journal: Journal) -> None:
    """Every drawn item has as many answers as it wants, and nothing is open."""
    for row in rows(
        """SELECT i.id, i.target, count(n.id) FROM annotation_item i LEFT JOIN annotation_annotation n
            ON n.item_id = i.id AND n.round = 0 AND n.kind = 'answer'
            AND NOT EXISTS (SELECT 1 FROM annotation_annotation m WHERE m.supersedes_id = n.id)
        WHERE i.queue_id = %(queue)s AND i.batch_id IS NOT NULL GROUP BY i.id HAVING count(n.id) < i.target""",
        queue=queue.pk,
    ):
        journal.complain(f"item, target, answers: {row} at the end")
    for table, what in (("slot", ""), ("assignment", "AND state = 'open'")):
        (count,) = rows(f"SELECT count(*) FROM annotation_{table} WHERE queue_id = %(queue)s {what}", queue=queue.pk)[0]
        if count:
            journal.complain(f"{count} rows of {table} are left over")


def prepare(plan: Plan) -> tuple[Queue, list[User], User]:
    """A queue with a full pool and some known answers; every item shows two runs of its own that name it."""
    project = ProjectFactory(question="Which run is better?")
    queue = QueueFactory(
        project=project, overlap=2, second_share=0.25, gold_share=0.05, repeat_share=0.1, lease_seconds=600,
        batch_size=80, seed=plan.seed,
    )  # fmt: skip
    fill(project, queue, plan.items)
    for item in Item.objects.filter(queue=queue).order_by("pk")[:GOLD]:
        items.make_gold(item=item, choice="a", source="drill", author=None, now=Clock().now())
    slots.reorder(queue=queue.pk)
    people = [person(project, "annotator") for _ in range(plan.annotators)]
    return queue, people, person(project, "manager")


def fill(project: Project, queue: Queue, count: int) -> None:
    """`count` items in the pool."""
    policies, now = PolicyFactory.create_batch(2, project=project), Clock().now()
    traces = TraceFactory.build_batch(2 * count, project=project, policy=policies[0], steps=[])
    for number, trace in enumerate(traces):
        trace.task, trace.policy = f"question {number // 2}", policies[number % 2]
        trace.messages = [
            {"role": "user", "content": trace.task},
            {"role": "assistant", "content": f"Reply {number % 2}."},
        ]
    Trace.objects.bulk_create(traces, batch_size=1000)
    made = Item.objects.bulk_create(
        [
            Item(queue=queue, task=f"question {n}", signature=f"{n:064d}", created_at=now, selected_by="")
            for n in range(count)
        ],
        batch_size=1000,
    )
    Side.objects.bulk_create(
        [Side(item=item, index=index, trace=traces[2 * n + index]) for n, item in enumerate(made) for index in (0, 1)],
        batch_size=1000,
    )


def operations(journal: Journal) -> int:
    """How many operations were done, whoever did them."""
    return sum(count for what, count in journal.counts.items() if not what.startswith(("looks", "killed")))


def refusals(journal: Journal) -> dict[str, int]:
    """How many operations of each kind were not granted."""
    return {name: sum(n for what, n in journal.counts.items() if what.startswith(f"{name}: ") and not what.endswith("granted")) for name in OPERATIONS}  # fmt: skip
