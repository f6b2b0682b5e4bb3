"""One step after the other, on the real queue and on the plain one: after each, both must say the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from annotation.actions import assignments, item_bulk, queues, slots
from annotation.errors import Refused
from annotation.models import Annotation, Assignment, Item, Reservation, Score, Slot
from tests.annotation import queue_questions
from tests.annotation.queue_hands import Actions, Lent
from tests.annotation.queue_reference import DONE, NORMAL, Key, Question, Reference, Refusal, Rules
from tests.factories import BatchFactory, GoldFactory, ProjectFactory, QueueFactory, person

PEOPLE, ITEMS, GOLD = 4, 6, 2
people, places = st.integers(0, PEOPLE - 1), st.integers(0, 10**6)
QUICK = settings(
    max_examples=20, stateful_step_count=35, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


class StillClock:
    """A clock that only the machine moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def now(self) -> datetime:
        """The moment it is."""
        return self.at


class Beside(RuleBasedStateMachine):
    """The rules are what people, managers and time do; the invariant is that both queues are alike."""

    @initialize(
        gold=st.booleans(), repeats=st.booleans(), most=st.sampled_from([None, 3]), back=st.sampled_from([None, 0, 30]),
        closes=st.sampled_from([None, 2]), quota=st.sampled_from([None, None, 4]), overlap=st.integers(1, 3),
    )  # fmt: skip
    def begin(
        self,
        gold: bool,
        repeats: bool,
        most: int | None,
        back: int | None,
        closes: int | None,
        quota: int | None,
        overlap: int,
    ) -> None:
        project, self.clock = ProjectFactory(), StillClock()
        self.queue = QueueFactory(
            project=project, overlap=overlap, gold_share=float(gold), repeat_share=float(repeats), most_people=most,
            skip_back_minutes=back, skip_closes_after=closes, total_quota=quota,
        )  # fmt: skip
        queue_questions.add(self.queue, ITEMS)
        minutes = None if back is None else timedelta(minutes=back)
        self.model = Reference(
            Rules(timedelta(seconds=self.queue.lease_seconds), gold, repeats, most, minutes, closes, quota)
        )
        batch = BatchFactory(queue=self.queue)
        self.items = list(Item.objects.filter(queue=self.queue).order_by("pk"))
        for number, item in enumerate(self.items):
            question = self.model.items[item.pk] = Question(is_gold=True) if number < GOLD else Question(target=overlap)
            if question.is_gold:
                GoldFactory(item=item)
            else:
                item.batch, item.entered_at, item.target, item.selected_by = batch, self.clock.at, overlap, "active"
                item.propensity = 0.5
                item.save()
        with transaction.atomic():
            slots.settle(item.pk for item in self.items)
        self.manager = person(project, "manager")
        self.hands = [Actions(self.queue, person(project, "annotator"), self.clock) for _ in range(PEOPLE)]
        self.names = {hands.annotator.pk: number for number, hands in enumerate(self.hands)}
        self.lent: dict[Key, Lent] = {}
        self.answers: list[tuple[Key, int]] = []
        self.orders: dict[int, tuple[int, ...]] = {}
        self.keys = 0

    def key(self) -> str:
        """A fresh idempotency key."""
        self.keys += 1
        return f"key-{self.keys}"

    def both(self, real: Callable[[], Any], model: Callable[[], Any]) -> Any:
        """What both say; they must refuse alike."""
        try:
            expected, refusal = model(), None
        except Refusal as refused:
            expected, refusal = None, str(refused)
        try:
            told = real()
        except Refused as refused:
            assert refused.type == refusal, f"refused as {refused.type}: {refused}; expected {refusal or expected}"
            return None
        assert refusal is None, f"granted {told}; expected {refusal}"
        return told

    @rule(who=people)
    def claim(self, who: int) -> None:
        allowed = self.model.next_for(who, self.clock.at)
        try:
            lent = self.hands[who].claim()
        except assignments.NothingLeft as nothing:
            assert not allowed, f"{nothing} although {allowed} is there"
            return
        self.check_lent(who, lent, allowed)

    def check_lent(self, who: int, lent: Lent, allowed: set[Key]) -> None:
        """What was lent is what may be lent, at the place and with the sides it must have."""
        key = (lent.item, who, lent.round)
        assert key in allowed, f"{key} was lent; {allowed or 'nothing'} was expected"
        row = self.model.lend(key, self.clock.at)
        assert lent.place == row.place
        first = lent.order[::-1] if (lent.place + lent.round) % 2 else lent.order
        if lent.round == NORMAL:
            assert first == self.orders.setdefault(lent.item, first), "sides do not alternate"
        else:
            assert lent.order == self.lent[lent.item, who, NORMAL].order[::-1], "a repeat shows the same order"
        self.lent[key] = lent

    def some(self, n: int) -> tuple[Key, Lent]:
        """One of all assignments there ever were, the latest twice as often."""
        known = list(self.lent.items())
        opened = [(key, lent) for key, lent in known if self.model.rows[key].state == "open"]
        return (known + 3 * opened)[n % (len(known) + 3 * len(opened))]

    @precondition(lambda self: self.lent)
    @rule(n=places, choice=st.sampled_from(["1", "2", "tie"]))
    def submit(self, n: int, choice: str) -> None:
        key, lent = self.some(n)
        told = self.both(
            lambda: self.hands[key[1]].submit(lent, choice, self.key()), lambda: self.model.may_submit(key)
        )
        if told is not None:
            self.note(key, lent, choice, told)

    def note(self, key: Key, lent: Lent, choice: str, annotation: int) -> None:
        """The model is told of an answer that was stored."""
        stored = choice if choice == "tie" else "ab"[lent.order[int(choice) - 1]]
        self.model.submit(key, stored, annotation, self.clock.at)
        self.answers.append((key, annotation))

    @precondition(lambda self: self.lent)
    @rule(n=places, choice=st.sampled_from(["1", "2", "tie"]))
    def hand_over(self, n: int, choice: str) -> None:
        """An answer with the next item: what comes along is what a claim may give."""
        key, lent = self.some(n)
        told = self.both(
            lambda: self.hands[key[1]].hand_over(lent, choice, self.key()), lambda: self.model.may_submit(key)
        )
        if told is not None:
            self.note(key, lent, choice, told[0])
            if told[1] is not None:
                self.check_lent(key[1], told[1], self.model.next_for(key[1], self.clock.at))

    @precondition(lambda self: self.lent)
    @rule(n=places)
    def skip(self, n: int) -> None:
        key, lent = self.some(n)
        self.both(lambda: self.hands[key[1]].skip(lent, self.key()), lambda: self.model.skip(key, self.clock.at))

    @precondition(lambda self: self.lent)
    @rule(n=places)
    def release(self, n: int) -> None:
        key, lent = self.some(n)
        self.both(lambda: self.hands[key[1]].release(lent), lambda: self.model.release(key, self.clock.at))

    @precondition(lambda self: self.lent)
    @rule(n=places)
    def heartbeat(self, n: int) -> None:
        key, lent = self.some(n)
        self.both(lambda: self.hands[key[1]].heartbeat(lent), lambda: self.model.heartbeat(key, self.clock.at))

    @rule(who=people)
    def undo(self, who: int) -> None:
        before = {key: row.place for key, row in self.model.rows.items()}
        reopened: list[Key] = []
        told = self.both(self.hands[who].undo, lambda: reopened.append(self.model.undo(who, self.clock.at)))
        if told is not None:
            assert (told.item, who, told.round) == reopened[0]
            assert told.place == before[reopened[0]]

    @precondition(lambda self: self.answers)
    @rule(n=places, choice=st.sampled_from(["1", "2", "tie"]))
    def supersede(self, n: int, choice: str) -> None:
        key, old = self.answers[n % len(self.answers)]
        told = self.both(
            lambda: self.hands[key[1]].supersede(old, choice, self.key()), lambda: self.model.holder_of(old)
        )
        if told is not None:
            stored = choice if choice == "tie" else "ab"[self.lent[key].order[int(choice) - 1]]
            self.model.supersede(old, stored, told)
            self.answers.append((key, told))

    @rule(seconds=st.sampled_from([1, 300, 601, 25 * 3600]), expires=st.booleans())
    def time_goes_by(self, seconds: int, expires: bool) -> None:
        self.clock.at += timedelta(seconds=seconds)
        if expires:
            assignments.expire_overdue(now=self.clock.at)
            self.model.expire(self.clock.at)

    @rule()
    def forget_spent(self) -> None:
        assignments.drop_spent_readmissions()
        self.model.forget_spent()

    @rule(is_paused=st.booleans())
    def pause(self, is_paused: bool) -> None:
        act = queues.pause if is_paused else queues.resume
        act(queue=self.queue, actor=self.manager, now=self.clock.at)
        self.model.rules.is_paused = is_paused

    @rule(n=places, wanted=st.integers(1, 4))
    def change_target(self, n: int, wanted: int) -> None:
        item = self.items[GOLD + n % (ITEMS - GOLD)].pk
        with transaction.atomic():
            Item.objects.filter(pk=item).update(target=wanted)
            slots.settle([item])
        self.model.items[item].target = wanted

    @rule(scores=st.lists(st.floats(0, 1), min_size=ITEMS, max_size=ITEMS))
    def rescore(self, scores: list[float]) -> None:
        rows = [
            Score(item=item, value=value, rule="drill", scored_at=self.clock.at)
            for item, value in zip(self.items, scores, strict=True)
        ]
        Score.objects.bulk_create(rows, update_conflicts=True, unique_fields=["item"], update_fields=["value"])
        slots.reorder(queue=self.queue.pk)
        for item, value in zip(self.items, scores, strict=True):
            self.model.items[item.pk].score = value

    @rule(n=places, deed=st.sampled_from(["boost", "unboost"]))
    def boost(self, n: int, deed: str) -> None:
        item = self.items[GOLD + n % (ITEMS - GOLD)].pk
        chosen = Item.objects.filter(pk=item)
        item_bulk.apply(deed=deed, queue=self.queue, chosen=chosen, actor=self.manager, now=self.clock.at)
        self.model.items[item].boost = int(deed == "boost")

    @invariant()
    def both_are_alike(self) -> None:
        model, names = self.model, self.names
        assert dict(Slot.objects.filter(queue=self.queue).values_list("pk", "need")) == {
            item: model.need(item) for item in model.items if model.need(item)
        }
        rows = Assignment.objects.filter(queue=self.queue)
        assert {(a.item_id, names[a.annotator_id], a.round): (a.state, a.place) for a in rows} == {
            key: (row.state, row.place) for key, row in model.rows.items()
        }
        given = Annotation.objects.answers().filter(assignment__queue=self.queue)
        assert {(a.item_id, names[a.annotator_id], a.round): (a.pk, a.answer["choice"]) for a in given} == {
            key: (row.answers[-1], row.choice) for key, row in model.rows.items() if row.state == DONE
        }
        reserved = Reservation.objects.filter(queue=self.queue)
        assert {(r.item_id, names[r.annotator_id], r.round): r.due_at for r in reserved} == model.reserved


@pytest.mark.django_db(transaction=True)
def test_the_queue_does_what_the_plain_one_does():
    run_state_machine_as_test(Beside, settings=QUICK)
