"""Adjudication: a reviewer judges a disputed item blind, then reads what the others said and says why they differed."""

from datetime import datetime

from django.db import transaction

from annotation.actions import answers, assignments, claims, events, lending, slots
from annotation.errors import Invalid, Refused
from annotation.models import Annotation, Assignment, Item, Queue, Reservation, Round, User
from annotation.queries import disputes


class NotDisputed(Refused):
    """The item needs no decision by this reviewer."""

    type = "not-disputed"


@transaction.atomic
def take(*, item: Item, reviewer: User, now: datetime) -> Assignment:
    """Lend a disputed item to a reviewer; what they had open in its queue goes back."""
    queue = Queue.objects.select_related("project").get(pk=item.queue_id)
    slots.locked_cursor(queue=queue.pk, annotator=reviewer.pk)
    held = list(Assignment.objects.open().select_for_update().filter(queue=queue, annotator=reviewer))
    earlier = Assignment.objects.select_for_update().filter(item=item, annotator=reviewer, round=Round.ADJUDICATION)
    own = earlier.first()
    # One after the other, as reviewers may reach for the same item; in the order in which slots are settled.
    touched = Item.objects.select_for_update(no_key=True).filter(pk__in={item.pk, *(one.item_id for one in held)})
    list(touched.order_by("pk").values_list("pk"))
    if not disputes.is_waiting(item.pk, reviewer):
        raise NotDisputed("This item does not wait for you: it is settled, with another reviewer, or you answered it.")
    give_back([one for one in held if one != own], now=now)
    Reservation.objects.filter(item=item, round=Round.ADJUDICATION).delete()
    if own is not None:
        return assignments.reopened(own, queue=queue, annotator=reviewer, now=now)
    return lending.lend(queue=queue, taken=claims.Taken(item.pk, Round.ADJUDICATION), annotator=reviewer, now=now)


def give_back(held: list[Assignment], *, now: datetime) -> None:
    """Release what the person had open; normal work and repeats come back to them."""
    for one in held:
        assignments.close(one, state=Assignment.State.RELEASED, now=now)
    assignments.readmit([one for one in held if one.round != Round.ADJUDICATION], now=now)
    slots.settle(one.item_id for one in held)


@transaction.atomic
def decide(*, assignment: Assignment, reason: str, now: datetime) -> Annotation:
    """Say why people differed, having read them; the reason becomes part of the standing answer. Again changes nothing."""
    if reason not in disputes.REASONS:
        raise Invalid("Say why people differed: choose one of the reasons.")
    locked = Assignment.objects.select_for_update(of=("self",), no_key=True).select_related("queue", "annotator")
    assignment = locked.get(pk=assignment.pk)
    found = disputes.standing(assignment)
    if found is None or assignment.round != Round.ADJUDICATION:
        raise Refused("Judge the item first; the reason comes after you have read the others.")
    if found.answer.get("reason") == reason:
        return found
    sent = answers.Sent(client_key=f"decide-{found.pk}", now=now, active_seconds=found.active_seconds)
    newer = answers.store(assignment, answer={**found.answer, "reason": reason}, sent=sent)
    if newer is None:
        raise Refused("Your decision was changed in the meantime; reload to see the newest version.")
    project, actor = assignment.queue.project_id, assignment.annotator
    events.record("adjudication.decided", project=project, actor=actor, now=now, subject=newer.pk, reason=reason)
    return newer
