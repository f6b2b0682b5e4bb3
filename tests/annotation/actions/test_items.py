"""Which questions a queue makes of the runs that came in, and that the workers cope with every kind."""

from itertools import combinations
from typing import Any

import pytest
from django.utils import timezone

from annotation.actions import items, pool, report_building, verdicts
from annotation.errors import Invalid
from annotation.models import Item, Project, Queue, Slot
from tests import factories as make

pytestmark = pytest.mark.django_db


def runs(project: Project, tasks: int, each: int, **given: Any) -> None:
    """Different runs of several tasks."""
    for task in range(tasks):
        make.TraceFactory.create_batch(each, project=project, task=f"task-{task}", **given)


def sides(queue: Queue) -> list[set[int]]:
    """The runs of each item."""
    return [set(item.sides.values_list("trace", flat=True)) for item in queue.items.order_by("pk")]


def test_a_queue_of_three_sides_groups_different_runs_of_one_task_each_run_once():
    queue = make.QueueFactory(sides=3)
    runs(queue.project, tasks=2, each=7)
    make.TraceFactory.create_batch(5, project=queue.project, task="always the same", behaviour_hash="x")

    items.pair_up(project=queue.project, now=timezone.now())

    found = sides(queue)
    assert sorted(queue.items.values_list("task", flat=True)) == ["task-0", "task-0", "task-1", "task-1"]
    assert {len(group) for group in found} == {3}
    assert not any(one & other for one, other in combinations(found, 2))


def test_the_same_seed_makes_the_same_groups_and_later_runs_only_add_to_them():
    queue, twin = make.QueueFactory(sides=3), None
    runs(queue.project, tasks=1, each=7)
    twin = make.QueueFactory(project=queue.project, sides=3, seed=queue.seed)
    items.pair_up(project=queue.project, now=timezone.now())
    before = sides(queue)

    runs(queue.project, tasks=1, each=2)
    made = items.fill(queue, now=timezone.now())

    assert before == sides(twin)
    assert made == 1
    assert sides(queue)[:2] == before


def test_no_task_gives_more_groups_than_the_project_allows():
    queue = make.QueueFactory(sides=3, project__settings={"pairs_per_task": 1})
    runs(queue.project, tasks=2, each=9)

    made = [items.pair_up(project=queue.project, now=timezone.now()) for _ in range(2)]

    assert made == [2, 0]


def test_a_queue_of_marks_asks_about_every_run_by_itself():
    queue = make.QueueFactory(kind=Queue.Kind.MARK)
    runs(queue.project, tasks=2, each=2)

    items.pair_up(project=queue.project, now=timezone.now())

    assert [len(group) for group in sides(queue)] == [1, 1, 1, 1]


@pytest.mark.parametrize("rules", [{"sides": 3}, {"sides": 6}, {"kind": Queue.Kind.MARK}])
def test_the_workers_draw_judge_and_report_on_every_kind(rules):
    queue = make.QueueFactory(batch_size=4, **rules)
    runs(queue.project, tasks=5, each=queue.sides * 2)
    judge = make.JudgeFactory(project=queue.project)
    items.pair_up(project=queue.project, now=timezone.now())

    pool.tend(now=timezone.now())
    for slot in Slot.objects.filter(queue=queue):
        count = slot.item.sides.count()
        lent = make.AssignmentFactory(item=slot.item, state="done")
        answer = {"is_clean": True} if count == 1 else {"choice": "c", "ranking": [[2], [0], [*range(3, count), 1]]}
        make.AnnotationFactory(assignment=lent, answer={"rationale": "", "correction": None} | answer)
    pool.tend(now=timezone.now())
    report = report_building.build(project=queue.project, kind="bias", now=timezone.now())

    assert queue.items.drawn().count() >= 4
    assert not verdicts.unjudged(judge, now=timezone.now()).exists()
    assert verdicts.judge_project(project=queue.project, now=timezone.now()) == 0
    answered = queue.items.filter(annotations__isnull=False).distinct().count()
    pairs = answered * queue.sides * (queue.sides - 1) // 2
    assert report.parameters["items"] == (pairs if queue.kind == Queue.Kind.COMPARE else 0)


def test_only_a_comparison_of_two_runs_can_be_gold():
    item: Item = make.ItemFactory(queue__sides=3, batch=None)

    with pytest.raises(Invalid, match="two runs"):
        items.make_gold(item=item, choice="a", source="me", author=None, now=timezone.now())
