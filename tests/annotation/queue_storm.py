"""The storm: annotators, managers and an inspector on one queue at once, then calm, and then every item is filled."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import connection

from annotation.actions import assignments, items, slots
from annotation.errors import Refused
from annotation.models import Item, Queue, User
from tests.annotation import queue_histories, queue_invariants, queue_questions
from tests.annotation.queue_crashes import Era, through_crashes
from tests.annotation.queue_crews import Crew, Tab
from tests.annotation.queue_hands import Actions, Clock
from tests.annotation.queue_invariants import Inspector, rows
from tests.annotation.queue_journal import Journal
from tests.annotation.queue_managers import Manager
from tests.annotation.queue_operations import Person
from tests.factories import ProjectFactory, QueueFactory, person

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
    items: int = 200  # at the start; the pool never runs dry
    seconds: float = 3600.0  # after which nobody begins another operation
    seed: int = 1
    annotators: int = 32
    second_tabs: int = 4
    pause: float = 0.03  # seconds between the acts of one manager, on average
    managers: int = 2
    crews: int = 2  # processes


def run(plan: Plan) -> Journal:
    """A whole storm on the actions themselves, from an empty queue to the last answer."""
    queue, people, manager = prepare(plan)
    journal, clock = Journal(plan.seed), Clock()
    with queue_invariants.watched():
        rage(plan, queue, people, manager, clock, journal)
        queue_histories.everything(queue, journal)
        calm(queue, people, manager, clock, journal)
        queue_histories.everything(queue, journal)
    return journal


def rage(plan: Plan, queue: Queue, people: list[User], manager: User, clock: Clock, journal: Journal) -> None:
    """All at once, until the annotators have done their operations."""
    tabs = [*people, *people[: plan.second_tabs]]
    crews = start_crews(plan, [(n, who, partial(Actions, queue, who, clock)) for n, who in enumerate(tabs)], journal)
    among_managers(plan, queue, manager, clock, journal, crews)


def start_crews(plan: Plan, tabs: list[Tab], journal: Journal) -> list[Crew]:
    """Deal the tabs to the crews; both tabs of one person are in different crews or in one, as it falls."""
    share = -(-plan.operations // len(tabs))
    journal.deadline = time.monotonic() + plan.seconds
    return [Crew(tabs[number :: plan.crews], share, journal) for number in range(plan.crews)]


def among_managers(
    plan: Plan,
    queue: Queue,
    manager: User,
    clock: Clock,
    journal: Journal,
    crews: list[Crew],
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Let the crews work to their end under disturbances and looks; `meanwhile` is called from this thread."""
    stop = threading.Event()
    managers = [Manager(number, queue, manager, clock, journal) for number in range(plan.managers)]
    others = [partial(one.work, stop, pause=plan.pause, era=journal.era) for one in managers]
    others.append(partial(inspect, Inspector(queue, journal), stop, journal.era))
    threads = [threading.Thread(target=work, daemon=True) for work in others]
    for thread in threads:
        thread.start()
    while any(crew.is_at_work() for crew in crews):
        meanwhile()
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    for crew in crews:
        crew.report()


def inspect(inspector: Inspector, stop: threading.Event, era: Era | None) -> None:
    """Look at everything a few times a second, and less often when a look takes long: most of the time is for the work."""
    took = 0.0
    try:
        while not stop.wait(max(0.25, 4 * took)):
            began = time.monotonic()
            through_crashes(inspector.look, era)
            took = time.monotonic() - began
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
    queue_questions.add(queue, plan.items)
    for item in Item.objects.filter(queue=queue).order_by("pk")[:GOLD]:
        items.make_gold(item=item, choice="a", source="drill", author=None, now=Clock().now())
    slots.reorder(queue=queue.pk)
    people = [person(project, "annotator") for _ in range(plan.annotators)]
    return queue, people, person(project, "manager")


def operations(journal: Journal) -> int:
    """How many operations were done, whoever did them."""
    return sum(
        count for what, count in journal.counts.items() if not what.startswith(("looks", "killed", "broken", "HTTP"))
    )
