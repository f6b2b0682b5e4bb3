"""Whether a person may get work from a queue now: decided once, before the scan, with their cursor locked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from annotation.errors import Refused
from annotation.models import Annotation, Assignment, Queue
from annotation.queries import entry, golds
from annotation.queries.days import midnight

# Counted only where a rule asks for it.
DESK = """
SELECT
    (SELECT a.id FROM annotation_assignment a
     WHERE a.queue_id = q.id AND a.annotator_id = %(me)s AND a.state = 'open') AS own,
    EXISTS (SELECT 1 FROM annotation_reservation r
            WHERE r.queue_id = q.id AND r.annotator_id = %(me)s AND r.due_at <= %(now)s) AS has_reservation,
    q.paused_at IS NOT NULL AS is_paused,
    (NOT EXISTS (SELECT 1 FROM annotation_queue_named_people n WHERE n.queue_id = q.id)
     OR EXISTS (SELECT 1 FROM annotation_queue_named_people n WHERE n.queue_id = q.id AND n.user_id = %(me)s))
    AND (cardinality(q.skills) = 0 OR EXISTS (
        SELECT 1 FROM annotation_member m WHERE m.project_id = q.project_id AND m.user_id = %(me)s
        AND m.role = 'annotator' AND m.skills @> q.skills)) AS is_wanted,
    CASE WHEN q.daily_quota IS NOT NULL THEN (SELECT count(*) FROM annotation_assignment a
        WHERE a.queue_id = q.id AND a.annotator_id = %(me)s AND a.state = 'done'
          AND a.closed_at >= %(midnight)s) END >= q.daily_quota AS is_enough_today,
    CASE WHEN q.total_quota IS NOT NULL THEN (SELECT count(*) FROM annotation_assignment a
        WHERE a.queue_id = q.id AND a.annotator_id = %(me)s AND a.state = 'done') END >= q.total_quota AS is_enough
FROM annotation_queue q WHERE q.id = %(queue)s
"""


class NothingLeft(Refused):
    """There is nothing for this person now; `extra` has the reason and until when."""

    type = "nothing-left"


@dataclass(frozen=True, slots=True)
class Desk:
    """What decides on a claim, as it is once the person's cursor is locked."""

    own: int | None
    has_reservation: bool
    is_paused: bool
    is_wanted: bool
    is_enough_today: bool | None
    is_enough: bool | None


def refuse(*, queue: Queue, found: Desk, now: datetime) -> None:
    """Raise NothingLeft with the first rule that keeps this person from new work."""
    if found.is_paused:
        raise paused(queue)
    if not found.is_wanted:
        raise NothingLeft(
            "This queue is for named people or needs a skill that your manager has not given you.",
            reason="not-qualified",
            until=None,
        )
    if found.is_enough:
        raise NothingLeft(
            f"You have given your {queue.total_quota} answers in this queue; thank you.", reason="quota", until=None
        )
    if found.is_enough_today:
        raise NothingLeft(
            f"You have reached today's {queue.daily_quota} answers; thank you.",
            reason="quota",
            until=(midnight(now) + timedelta(days=1)).isoformat(),
        )


def paused(queue: Queue) -> NothingLeft:
    """Paused by hand, or because all the answers that were asked for are in."""
    if is_complete(queue):
        sentence = f"All {queue.stop_after} answers that this queue asked for are in; thank you."
        return NothingLeft(sentence, reason="finished", until=None)
    return NothingLeft("This queue is paused; its manager will open it again.", reason="paused", until=None)


def is_complete(queue: Queue) -> bool:
    """Whether the stop rule's number of answers is reached."""
    if queue.stop_after is None:
        return False
    done = Assignment.objects.filter(queue=queue, state=Assignment.State.DONE, round=0, item__gold__isnull=True)
    return len(done.values_list("pk")[: queue.stop_after]) >= queue.stop_after


def must_qualify(*, queue: Queue, annotator: int) -> bool:
    """Whether known answers come first for this person; NothingLeft if they did not get enough of them right."""
    if not queue.qualify_on:
        return False
    met = golds.met(Annotation.objects.filter(annotator=annotator, item__queue=queue))[annotator]
    if len(met) < queue.qualify_on:
        return True
    right = sum(met[: queue.qualify_on])
    if right < queue.qualify_share * queue.qualify_on:
        raise NothingLeft(
            f"{right} of your first {queue.qualify_on} answers agreed with the known ones, and this queue asks for "
            f"{queue.qualify_share:.0%}. Talk to your manager about the guidelines.",
            reason="not-qualified",
            until=None,
        )
    return False


def nothing_left(*, queue: Queue, annotator: int, is_qualifying: bool, now: datetime) -> NothingLeft:
    """Says which kind of nothing it is."""
    if is_qualifying:
        sentence = "This queue starts with known answers, and there are none left for you; your manager can add some."
        return NothingLeft(sentence, reason="not-qualified", until=None)
    others = Assignment.objects.open().filter(queue=queue).exclude(item__assignments__annotator=annotator)
    until = others.aggregate(at=Min("due_at"))["at"]
    if until is not None:
        return NothingLeft(
            "Everything open is with other people right now.", reason="lent-out", until=max(until, now).isoformat()
        )
    if entry.entering(queue).exists():
        return NothingLeft("The next batch is being drawn; it is ready in a few seconds.", reason="drawing", until=None)
    return NothingLeft("All done: nothing is left in this queue for you.", reason="finished", until=None)
