"""The demo's smaller queues: three runs to rank, and failed runs whose steps are marked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from annotation.actions import annotations, assignments, items, pool, queues
from annotation.models import Assignment, Project, Queue, Side, User
from flywheel.simulation.annotators import Annotator
from flywheel.simulation.support_desk import SupportDesk

ANSWERS = 3  # of each person, in each queue
SECONDS = 45.0  # an answer takes
RULES: tuple[dict[str, Any], ...] = (
    {"name": "Rank three", "kind": Queue.Kind.COMPARE, "sides": 3},
    {"name": "Failed runs", "kind": Queue.Kind.MARK, "enqueue": {"outcomes": ["failure"]}},
)
WITHOUT_SURPRISES = {"batch_size": 12, "gold_share": 0.0, "repeat_share": 0.0}


def work(
    *,
    project: Project,
    manager: User,
    people: Mapping[User, Annotator],
    desk: SupportDesk,
    rng: np.random.Generator,
    now: datetime,
) -> None:
    """Make both queues, fill them, and let these people answer a few items of each."""
    made = [queues.create(project=project, actor=manager, now=now, **rules, **WITHOUT_SURPRISES) for rules in RULES]
    Queue.objects.filter(pk__in=[queue.pk for queue in made]).update(seed=project.seed)
    items.pair_up(project=project, now=now)
    for queue in made:
        queue.refresh_from_db()
        pool.draw(queue=queue, now=now)
        for user, habits in people.items():
            sitting(queue, user, habits, desk, rng, now=now)


def sitting(
    queue: Queue, user: User, habits: Annotator, desk: SupportDesk, rng: np.random.Generator, *, now: datetime
) -> None:
    """One person answers a few items."""
    for _ in range(ANSWERS):
        try:
            lent = assignments.claim(queue=queue, annotator=user, now=now)
        except assignments.NothingLeft:
            return
        assignments.show(assignment=lent, now=now)
        now += timedelta(seconds=SECONDS)
        said = ranked if queue.kind == Queue.Kind.COMPARE else marked
        answer = said(lent, habits, desk, rng)
        annotations.submit(
            assignment=lent, answer=answer, client_key=f"demo-{lent.pk}", active_seconds=SECONDS, now=now
        )


def keys(lent: Assignment) -> list[str]:
    """The ids of the runs by side."""
    return list(Side.objects.filter(item=lent.item_id).order_by("index").values_list("trace__key", flat=True))


def ranked(lent: Assignment, habits: Annotator, desk: SupportDesk, rng: np.random.Generator) -> dict[str, Any]:
    """The order in which this person likes the runs, in displayed terms."""
    utilities = [desk.truth(key).utility for key in keys(lent)]
    groups = habits.ranking(utilities, rng)
    place = {side: str(number) for number, side in enumerate(lent.order, start=1)}
    return {"ranking": [[place[side] for side in group] for group in groups]}


def marked(lent: Assignment, habits: Annotator, desk: SupportDesk, rng: np.random.Generator) -> dict[str, Any]:
    """What this person thinks of every step, and which is the first bad one."""
    values = habits.marks(desk.truth(keys(lent)[0]).qualities, rng)
    bad = [step for step, value in enumerate(values, start=1) if value < 0]
    return {
        "steps": [{"step": step, "value": value, "reason": ""} for step, value in enumerate(values, start=1)],
        "first_error": bad[0] if bad else None,
        "is_clean": not bad,
        "rationale": f"It goes wrong at step {bad[0]}." if bad else "",
    }
