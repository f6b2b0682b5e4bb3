"""What managers, workers and time do to a queue while people work: drawn from a seed, all the time."""

import random
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Sum

from annotation.actions import assignments, doubted_items, item_bulk, items, pool, queues, retargets, slots
from annotation.errors import Refused
from annotation.models import Assignment, Doubt, Item, Queue, Reservation, Score, Slot, User
from flywheel.selection.batches import BatchDraw
from flywheel.selection.propensity import Draw, SelectedBy
from tests.annotation import queue_questions
from tests.annotation.queue_crashes import Era, through_crashes
from tests.annotation.queue_hands import Clock
from tests.annotation.queue_journal import Journal

SCARCE = 60  # open places below which a batch is drawn: few, so that people meet
BATCH = 80
MOST_PEOPLE = 4


class Manager:
    """One of the hands that change a queue while it is worked on."""

    def __init__(self, number: int, queue: Queue, actor: User, clock: Clock, journal: Journal) -> None:
        self.queue, self.actor, self.clock, self.journal = queue, actor, clock, journal
        self.number, self.rng = number, random.Random(journal.seed * 1000 + 900 + number)
        self.disturbances: dict[Callable[[], object], int] = {
            self.let_one_lease_run_out: 30, self.expire_with_a_later_now: 2, self.make_repeats_due: 6,
            self.pause_for_a_moment: 2, self.change_rules: 6, self.follow_the_overlap: 2, self.do_to_many: 6, self.change_targets: 16, self.rescore: 8, self.draw_batch: 16,
            self.make_gold: 2, self.forget_spent_readmissions: 4, self.doubt_somebody: 4,
        }  # fmt: skip

    def work(self, stop: threading.Event, *, pause: float, era: Era | None = None) -> None:
        """Until told to stop; always leaves the queue open."""
        names, weights = list(self.disturbances), list(self.disturbances.values())
        try:
            while not stop.wait(self.rng.uniform(0, 2 * pause)) and not self.journal.is_hopeless:
                self.do(self.rng.choices(names, weights)[0], era)
        finally:
            self.do(self.resume, era)
            connection.close()

    def do(self, disturbance: Callable[[], object], era: Era | None) -> None:
        """One disturbance; none of them may be refused but for a known answer that was drawn meanwhile."""
        name = disturbance.__name__
        try:
            through_crashes(disturbance, era)
            self.journal.count(f"{name}: granted")
        except Refused as refused:
            self.journal.count(f"{name}: {refused.type}")
            if disturbance != self.make_gold:
                self.journal.complain(f"manager {self.number}, {name}: {refused}")
        except Exception as problem:  # noqa: BLE001  whatever it is, it is told
            where = "".join(traceback.format_tb(problem.__traceback__)[-2:]).replace("\n", " | ")
            self.journal.complain(f"manager {self.number}, {name}: {problem!r} {where}")

    def let_one_lease_run_out(self) -> None:
        """Of anybody who has something open."""
        lent = list(Assignment.objects.open().filter(queue=self.queue).order_by("pk").values_list("pk", flat=True))
        if lent:
            late = self.clock.now() - timedelta(seconds=1)
            Assignment.objects.filter(pk=self.rng.choice(lent), state="open").update(due_at=late)
        assignments.expire_overdue(now=self.clock.now())

    def expire_with_a_later_now(self) -> None:
        """As if a worker's clock were ahead: everybody's lease has run out."""
        assignments.expire_overdue(now=self.clock.now() + timedelta(seconds=self.queue.lease_seconds + 1))

    def make_repeats_due(self) -> None:
        """A day goes by for some of the repeats that wait."""
        waiting = Reservation.objects.filter(queue=self.queue, round=1, due_at__gt=self.clock.now())
        chosen = list(waiting.order_by("pk").values_list("pk", flat=True)[:8])
        Reservation.objects.filter(pk__in=chosen).update(due_at=self.clock.now())

    def pause_for_a_moment(self) -> None:
        """Nothing new is lent, and soon it is again."""
        queues.pause(queue=self.queue, actor=self.actor, now=self.clock.now())
        time.sleep(self.rng.uniform(0, 0.1))
        self.resume()

    def resume(self) -> None:
        """Lend again."""
        queues.resume(queue=self.queue, actor=self.actor, now=self.clock.now())

    def change_rules(self) -> None:
        """More or fewer people for what is drawn from now on, while they disagree, and after skips."""
        queues.change(
            queue=self.queue,
            actor=self.actor,
            now=self.clock.now(),
            overlap=self.rng.randint(1, 3),
            most_people=self.rng.choice([None, 3, MOST_PEOPLE]),
            skip_closes_after=self.rng.choice([None, None, 3]),
            skip_back_minutes=self.rng.choice([None, 0]),
        )

    def follow_the_overlap(self) -> None:
        """Bring what was drawn under other rules in line with those of now."""
        retargets.follow(queue=Queue.objects.get(pk=self.queue.pk), now=self.clock.now())

    def do_to_many(self) -> None:
        """Boost, close, reopen or ask one more, for some items of the list."""
        drawn = list(Item.objects.filter(queue=self.queue).drawn().order_by("-pk").values_list("pk", flat=True)[:200])
        chosen = Item.objects.filter(pk__in=self.rng.sample(drawn, min(10, len(drawn))))
        deed = self.rng.choice(["boost", "unboost", "close", "reopen", "one-more"])
        item_bulk.apply(deed=deed, queue=self.queue, chosen=chosen, actor=self.actor, now=self.clock.now())

    def change_targets(self) -> None:
        """Raise or lower how many people some drawn items want; what is lent stays lent."""
        drawn = list(Item.objects.filter(queue=self.queue).drawn().order_by("-pk").values_list("pk", flat=True)[:200])
        chosen = sorted(self.rng.sample(drawn, min(4, len(drawn))))
        with transaction.atomic():
            for item in Item.objects.select_for_update(no_key=True).filter(pk__in=chosen).order_by("pk"):
                Item.objects.filter(pk=item.pk).update(target=self.rng.randint(1, MOST_PEOPLE))
            slots.settle(chosen)

    def rescore(self) -> None:
        """New scores for all that is open, and the order that follows from them."""
        now, rng = self.clock.now(), self.rng
        opened = Slot.objects.filter(queue=self.queue).order_by("pk").values_list("pk", flat=True)
        scores = [Score(item_id=pk, value=rng.random(), rule="drill", scored_at=now) for pk in opened]
        Score.objects.bulk_create(
            scores, update_conflicts=True, unique_fields=["item"], update_fields=["value", "scored_at"]
        )
        slots.reorder(queue=self.queue.pk)

    @transaction.atomic
    def draw_batch(self) -> None:
        """Some of the pool is asked, under the lock that every draw takes, when little is left."""
        locked = Queue.objects.select_for_update(no_key=True).get(pk=self.queue.pk)
        if Item.objects.filter(queue=locked).in_pool().count() < 2 * BATCH:
            queue_questions.add(locked, 5 * BATCH)
        if (Slot.objects.filter(queue=locked).aggregate(n=Sum("need"))["n"] or 0) >= SCARCE:
            return
        waiting = list(Item.objects.filter(queue=locked).in_pool().order_by("pk").values_list("pk", flat=True))
        chosen = self.rng.sample(range(len(waiting)), min(BATCH, len(waiting)))
        if chosen:
            ways: tuple[SelectedBy, ...] = ("active", "exploration")
            draws = tuple(Draw(index, self.rng.choice(ways), 0.5, order) for order, index in enumerate(chosen))
            drawn = BatchDraw(draws, rule="drill", exploration=0.5, scores=None)
            pool.enter(locked, locked.batches.count() + 1, waiting, drawn, head="", now=self.clock.now())

    def make_gold(self) -> None:
        """An item of the pool becomes a known answer, unless it is drawn at this moment."""
        waiting = list(Item.objects.filter(queue=self.queue).in_pool().order_by("pk")[:50])
        if waiting and Item.objects.filter(queue=self.queue, gold__isnull=False).count() < 60:
            item = self.rng.choice(waiting)
            items.make_gold(item=item, choice="a", source="drill", author=None, now=self.clock.now())

    def forget_spent_readmissions(self) -> None:
        """As a worker does every minute."""
        assignments.drop_spent_readmissions()

    def doubt_somebody(self) -> None:
        """Somebody comes to be in doubt, or nobody is any longer; items get one more person, or give the place back."""
        project, now = self.queue.project, self.clock.now()
        if self.rng.random() < 0.5:
            Doubt.objects.filter(project=project, withdrawn_at__isnull=True).update(withdrawn_at=now)
        else:
            answered = Assignment.objects.filter(queue=self.queue, state="done").order_by("-pk")
            for who in answered.values_list("annotator", flat=True)[:3]:
                Doubt.objects.get_or_create(
                    project=project, annotator_id=who, withdrawn_at=None, defaults={"flags": ["gold"], "raised_at": now}
                )
        doubted_items.follow(project=project, now=now)
