"""The pool: drawn from with known chances, re-scored after new answers, never short for anybody."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from annotation.actions import annotations, assignments, items, pool, slots
from annotation.errors import Invalid
from annotation.models import Annotation, Assignment, Batch, Event, Item, Queue, Score, Scoring, Slot, Trace
from annotation.models.slots import START, Cursor
from flywheel.selection.batches import COLD
from tests.factories import (
    AnnotationFactory,
    BatchFactory,
    GoldFactory,
    ItemFactory,
    PolicyFactory,
    QueueFactory,
    TraceFactory,
    person,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def filled(queue: Queue, tasks: int, *, seed: int = 0) -> list[Item]:
    """A pool of one pair a task; the first of a pair is better the more steps it takes, which is what can be learned."""
    rng = np.random.default_rng(seed)
    policies = PolicyFactory.create_batch(2, project=queue.project)
    traces = TraceFactory.build_batch(2 * tasks, project=queue.project, policy=policies[0])
    for number, trace in enumerate(traces):
        trace.task, trace.policy = f"task-{number // 2}", policies[number % 2]
        steps, length = rng.normal(size=2)
        trace.figures = {"steps": float(steps), "log_length": float(length), "tool_errors": 0.0}
    Trace.objects.bulk_create(traces)
    items.pair_up(project=queue.project, now=NOW)
    return list(Item.objects.filter(queue=queue).prefetch_related("sides__trace").order_by("pk"))


def side_a_wins(item: Item) -> bool:
    """What the people of this world find."""
    a, b = (side.trace.figures["steps"] for side in item.sides.all())
    return bool(a > b)


def answered(queue: Queue, found: list[Item], *, at: datetime = NOW) -> None:
    """Each of these items drawn and answered rightly by one person."""
    ada = person(queue.project, "annotator")
    batch = queue.batches.first() or BatchFactory(queue=queue, number=1)
    Item.objects.filter(pk__in=[item.pk for item in found]).update(batch=batch, entered_at=NOW, target=1)
    lent = Assignment.objects.bulk_create(
        Assignment(item=item, queue=queue, annotator=ada, place=0, order=[0, 1], state="done", claimed_at=at, due_at=at)
        for item in found
    )
    Annotation.objects.bulk_create(
        AnnotationFactory.build(
            assignment=one, policies=[], batch=batch, answered_at=at, choice="a" if side_a_wins(one.item) else "b"
        )
        for one in lent
    )


def test_a_batch_records_how_each_item_came_in_and_opens_its_places():
    queue = QueueFactory(batch_size=20, second_share=0.5)
    filled(queue, 60)

    pool.tend(now=NOW)

    batch = Batch.objects.get()
    drawn = list(Item.objects.filter(batch=batch))
    assert (batch.rule, batch.pool_size, batch.size, batch.exploration_share) == ("cold-start", 60, 20, 0.5)
    assert len(drawn) == 20
    assert {item.selected_by for item in drawn} == {"cold-start", "exploration"}
    assert all(0 < item.propensity <= 1 and item.entered_at == NOW for item in drawn)
    assert {item.target for item in drawn} == {1, 2}
    assert {slot.pk: slot.need for slot in Slot.objects.all()} == {item.pk: item.target for item in drawn}
    assert Event.objects.get(verb="batch.drawn").detail == {"size": 20, "rule": "cold-start"}


def test_the_same_seed_draws_the_same_batch():
    queue = QueueFactory(batch_size=10)
    filled(queue, 40)
    first = pool.draw(queue=queue, now=NOW)
    assert first is not None
    drawn = set(first.items.values_list("pk", "selected_by", "propensity"))
    Slot.objects.all().delete()
    first.items.update(batch=None, entered_at=None, target=0)
    Batch.objects.all().delete()

    again = pool.draw(queue=queue, now=NOW)

    assert again is not None
    assert set(again.items.values_list("pk", "selected_by", "propensity")) == drawn


def test_a_manager_may_explore_more_than_the_beginning_asks_for():
    queue = QueueFactory(batch_size=10, exploration_share=1.0)
    filled(queue, 40)

    batch = pool.draw(queue=queue, now=NOW)

    assert batch is not None
    assert batch.exploration_share == 1.0
    assert set(batch.items.values_list("selected_by", flat=True)) == {"exploration"}
    assert {round(p, 9) for p in batch.items.values_list("propensity", flat=True)} == {0.25}


def test_nothing_is_drawn_while_enough_is_open():
    queue = QueueFactory(batch_size=20)
    filled(queue, 60)
    pool.tend(now=NOW)

    pool.tend(now=LATER)

    assert Batch.objects.count() == 1


def test_a_paused_queue_draws_nothing():
    queue = QueueFactory(paused_at=NOW)
    filled(queue, 5)

    pool.tend(now=NOW)

    assert not Batch.objects.exists()


def test_somebody_who_had_what_is_open_gets_new_items_although_places_wait_for_others():
    queue = QueueFactory(batch_size=4, overlap=2)
    filled(queue, 8)
    ada = person(queue.project, "annotator")
    for number in range(8):
        pool.tend(now=NOW)
        lent = assignments.claim(queue=queue, annotator=ada, now=NOW)
        annotations.submit(
            assignment=lent, answer={"choice": "1"}, client_key=f"key-{number}", active_seconds=1, now=NOW
        )

    with pytest.raises(assignments.NothingLeft) as refusal:
        assignments.claim(queue=queue, annotator=ada, now=NOW)

    assert refusal.value.extra["reason"] == "finished"
    assert Slot.objects.count() == 8


def test_new_answers_change_the_order_of_open_work_but_not_of_exploration():
    queue = QueueFactory(batch_size=20)
    found = filled(queue, COLD + 30)
    open_, done = found[:20], found[20 : COLD + 20]
    answered(queue, done)
    for number, item in enumerate(open_):
        item.batch, item.entered_at, item.target = queue.batches.get(), NOW, 1
        item.selected_by = "exploration" if number < 5 else "active"
        item.save()
    slots.settle([item.pk for item in open_])
    before = dict(Slot.objects.values_list("pk", "ord"))

    moved = pool.rescore(queue=queue, now=LATER)

    after = dict(Slot.objects.values_list("pk", "ord"))
    scores = {score.pk: score for score in Score.objects.all()}
    explored = [item.pk for item in open_[:5]]
    active = [item.pk for item in open_[5:]]
    assert moved == 30
    assert [after[pk] for pk in explored] == [before[pk] for pk in explored]
    places = [after[pk] for pk in sorted(active, key=lambda pk: -scores[pk].value)]  # equal where values hardly differ
    assert places == sorted(places)
    right = [(scores[item.pk].probability > 0.5) == side_a_wins(item) for item in open_]
    assert sum(right) >= 18
    assert all(len(score.head) == 64 and score.scored_at == LATER for score in scores.values())


def test_there_is_news_only_after_the_last_scoring():
    queue = QueueFactory(batch_size=20)
    found = filled(queue, COLD + 10)
    answered(queue, found[:COLD])
    was_new = pool.has_news(queue)
    pool.rescore(queue=queue, now=LATER)
    is_old = pool.has_news(queue)
    answered(queue, found[COLD : COLD + 1], at=LATER + timedelta(minutes=1))

    assert (was_new, is_old, pool.has_news(queue)) == (True, False, True)


def test_with_enough_answers_a_batch_is_drawn_by_what_they_taught():
    queue = QueueFactory(batch_size=10)
    answered(queue, filled(queue, COLD + 40)[:COLD])

    batch = pool.draw(queue=queue, now=LATER)

    assert batch is not None
    assert (batch.rule, batch.exploration_share, len(batch.head)) == ("hyb4", 0.3, 64)
    assert set(batch.items.values_list("selected_by", flat=True)) == {"active", "exploration"}
    assert min(batch.items.values_list("propensity", flat=True)) > 0
    assert Score.objects.count() == 40


@pytest.mark.parametrize("left", ["nothing to ask", "too few answers"])
def test_features_are_not_computed_for_nothing(monkeypatch, left):
    queue = QueueFactory()
    found = filled(queue, COLD)
    answered(queue, found if left == "nothing to ask" else found[:-1])
    monkeypatch.setattr(pool, "features", lambda *_, **__: pytest.fail("features were computed"))

    assert pool.rescore(queue=queue, now=LATER) == 0


def test_reordering_while_slots_are_held_does_not_wait_for_anybodys_cursor(django_capture_on_commit_callbacks):
    item = ItemFactory()
    Score.objects.create(item=item, value=1.0, rule="test", scored_at=NOW)
    Cursor.objects.create(queue=item.queue, annotator=person(item.queue.project, "annotator"), ord=700, item_id=1)

    with django_capture_on_commit_callbacks(execute=True):
        moved = slots.reorder(queue=item.queue_id)
        held_back = Cursor.objects.get().ord

    assert (moved, held_back, Cursor.objects.get().ord) == (1, 700, START)


def test_what_is_drawn_cannot_become_gold_and_gold_is_not_drawn():
    queue = QueueFactory(batch_size=1, exploration_share=1.0)
    found = filled(queue, 2)
    items.make_gold(item=found[0], choice="a", source="an expert", author=None, now=NOW)
    pool.draw(queue=queue, now=NOW)

    with pytest.raises(Invalid, match="already being asked"):
        items.make_gold(item=found[1], choice="a", source="an expert", author=None, now=NOW)

    assert Item.objects.get(batch__isnull=False) == found[1]


def test_a_known_answer_is_not_replaced_in_silence():
    gold = GoldFactory(choice="a")
    again = items.make_gold(item=gold.item, choice="a", source="another", author=None, now=NOW)

    with pytest.raises(Invalid, match="its known answer is a"):
        items.make_gold(item=gold.item, choice="b", source="another", author=None, now=NOW)

    assert again == gold


def test_only_comparisons_have_known_answers():
    item = ItemFactory(queue__kind="correct", batch=None)

    with pytest.raises(Invalid, match="Only a comparison"):
        items.make_gold(item=item, choice="a", source="an expert", author=None, now=NOW)


def test_the_assignments_of_gold_are_no_news_for_the_number_of_places():
    queue = QueueFactory(gold_share=1.0)
    gold = GoldFactory(item__queue=queue)
    lent = assignments.claim(queue=queue, annotator=person(queue.project, "annotator"), now=NOW)

    slots.settle([gold.item_id])

    assert Assignment.objects.get() == lent
    assert not Slot.objects.exists()


def test_every_time_the_selector_learns_is_noted_with_the_last_answer_it_used():
    queue = QueueFactory()
    answered(queue, filled(queue, COLD + 20)[:COLD])

    pool.tend(now=LATER)
    pool.tend(now=LATER + timedelta(hours=1))

    noted = Scoring.objects.get(queue=queue)
    last = Annotation.objects.order_by("pk").last()
    assert (noted.last_annotation, noted.labels, noted.scored_at) == (last.pk, COLD, LATER)
