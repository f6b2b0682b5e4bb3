"""How many people an item gets, and when it comes back: repeats, one more person while they disagree, skips."""

from datetime import datetime, timedelta

from annotation.actions import claims, events, slots
from annotation.models import Annotation, Assignment, Item, Reservation, Round
from annotation.queries.consensus import certainty
from annotation.queries.items import CLOSING, decisions
from annotation.task_types.registry import KINDS

SURE = 0.9  # posterior of an item's label from which on nobody more is asked


def follows_up(assignment: Assignment) -> bool:
    """Whether an answer to this may lead to a repeat or to one more person."""
    is_adaptive = assignment.queue.most_people is not None and assignment.round == Round.NORMAL
    return is_adaptive or is_repeated(assignment)


def is_repeated(assignment: Assignment) -> bool:
    """The seeded draw of the items that come back to the same person; one with a single side has no other way."""
    queue = assignment.queue
    if assignment.round != Round.NORMAL or len(assignment.order) < 2 or not queue.repeat_share:
        return False
    return claims.draw(queue.seed, assignment.annotator_id, "repeat", assignment.item_id) < queue.repeat_share


def plan_repeat(assignment: Assignment, *, now: datetime) -> None:
    """Bring the item back to the same person with the sides swapped, now and then."""
    queue = assignment.queue
    if not is_repeated(assignment):
        return
    Reservation.objects.get_or_create(
        item_id=assignment.item_id,
        annotator_id=assignment.annotator_id,
        round=Round.REPEAT,
        defaults={"queue": queue, "due_at": now + timedelta(hours=queue.repeat_after_hours), "created_at": now},
    )


def widen(assignment: Assignment, *, now: datetime) -> None:
    """Ask one more person about an item when all who were asked have answered and differ, up to the queue's limit.

    Nobody more is asked where what they say together is sure, going by how reliable each of them has been.
    """
    queue = assignment.queue
    if queue.most_people is None or assignment.round != Round.NORMAL:
        return
    item = Item.objects.select_for_update(no_key=True).get(pk=assignment.item_id)
    if not item.target or item.target >= queue.most_people:  # gold has no target
        return
    given = Annotation.objects.answers().filter(item=item, round=Round.NORMAL).values_list("annotator", "answer")
    said = {annotator: KINDS[queue.kind].label(answer) for annotator, answer in given}
    if len(said) < item.target or len(set(said.values())) < 2 or None in said.values():
        return
    if (certainty(queue, said) or 0.0) >= SURE:
        return
    if decisions(queue.project_id, [item.pk]).get(item.pk) in CLOSING:
        return  # whoever had it when it was closed may still answer, which opens it for nobody else
    retarget(item, target=item.target + 1, why="disagreement", project=queue.project_id, now=now)


def pass_on(assignment: Assignment, *, now: datetime) -> None:
    """What the queue's skip rule does: close an item that enough people skipped, or bring it back to this person later.

    Otherwise it goes to other people. The caller settles the item's slot.
    """
    queue = assignment.queue
    if queue.skip_closes_after is not None:
        item = Item.objects.select_for_update(no_key=True).get(pk=assignment.item_id)
        asked = item.assignments.filter(round=Round.NORMAL)
        if asked.filter(state=Assignment.State.SKIPPED).count() >= queue.skip_closes_after:
            live = asked.filter(state__in=[Assignment.State.OPEN, Assignment.State.DONE]).count()
            if live < item.target:
                retarget(item, target=live, why="skips", project=queue.project_id, now=now)
            return
    if queue.skip_back_minutes is not None:
        Reservation.objects.get_or_create(
            item_id=assignment.item_id,
            annotator_id=assignment.annotator_id,
            round=Round.NORMAL,
            defaults={
                "queue": queue,
                "due_at": now + timedelta(minutes=queue.skip_back_minutes),
                "created_at": now,
            },
        )


def retarget(item: Item, *, target: int, why: str, project: int, now: datetime) -> None:
    """Store another decision on how many people are asked, and open or close places by it."""
    events.record(
        "item.retargeted",
        project=project,
        actor=None,
        now=now,
        subject=item.pk,
        was=item.target,
        now_is=target,
        why=why,
    )
    item.target = target
    item.save(update_fields=["target"])
    slots.settle([item.pk])
