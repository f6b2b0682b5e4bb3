"""What doubts change about items: one more person where only people in doubt answered, and back when the doubt is gone."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotation.actions import consensus, overlaps
from annotation.models import Annotation, Assignment, Event, Item, Project, Queue, Role, Round
from annotation.queries import doubts
from annotation.queries.items import CLOSING, decisions

CHUNK = 200
ASKED, ENOUGH = "doubt", "doubt withdrawn"  # why a target was decided


def follow(*, project: Project, now: datetime) -> int:
    """Bring targets and weights in line with the open doubts; returns how many items changed.

    A chunk at a time, so that claims go on meanwhile. Queues that are not paused are weighed within seconds anyway.
    """
    found = sorted({*to_widen(project).values_list("pk", flat=True), *to_narrow(project).values_list("pk", flat=True)})
    chunks = (found[start : start + CHUNK] for start in range(0, len(found), CHUNK))
    changed = sum(follow_chunk(project, ids, now=now) for ids in chunks)
    for queue in project.queues.filter(paused_at__isnull=False).order_by("pk"):
        consensus.weigh(queue=queue, now=now)
    return changed


def comparisons(project: Project) -> QuerySet[Item]:
    """Drawn items that flags speak of; known answers have no target."""
    found = Item.objects.filter(queue__project=project, queue__kind=Queue.Kind.COMPARE, gold__isnull=True)
    return found.drawn().filter(target__gt=0)


def to_widen(project: Project) -> QuerySet[Item]:
    """Items without an open place that nobody answered but people in doubt; none while nobody else could be asked."""
    people = doubts.doubted(project.pk)
    if not project.members.filter(role=Role.ANNOTATOR).exclude(user__in=people).exists():
        return Item.objects.none()
    given = Annotation.objects.answers().filter(item=OuterRef("pk"), round=Round.NORMAL)
    by_them, by_others = given.filter(annotator__in=people), given.exclude(annotator__in=people)
    return comparisons(project).filter(Exists(by_them), ~Exists(by_others), slot__isnull=True)


def to_narrow(project: Project) -> QuerySet[Item]:
    """Items with an open place that once got one for a doubt."""
    widened = Event.objects.filter(project=project, verb="item.retargeted", detail__why=ASKED).values("subject")
    return comparisons(project).filter(slot__isnull=False, pk__in=widened)


@transaction.atomic
def follow_chunk(project: Project, ids: list[int], *, now: datetime) -> int:
    """The items of one chunk, locked in the order that everybody locks them in."""
    locked = comparisons(project).filter(pk__in=ids).select_for_update(of=("self",), no_key=True).order_by("pk")
    rows = list(locked)
    # Read under the locks: answers, decisions and doubts may have changed since the items were looked up.
    people, why = doubts.doubted(project.pk), decisions(project.pk, ids)
    asked = Assignment.objects.filter(item__in=ids)
    decided = set(asked.filter(round=Round.ADJUDICATION, state="done").values_list("item", flat=True))
    live, given = held(ids), answerers(ids)
    changed = 0
    for item in rows:
        by, is_final = given.get(item.pk, set()), item.pk in decided or why.get(item.pk) in CLOSING
        is_alone, is_full = bool(by) and by <= people, live.get(item.pk, 0) >= item.target
        is_answered = is_full and len(by) == live.get(item.pk, 0)
        if is_alone and is_answered and not is_final:
            overlaps.retarget(item, target=item.target + 1, why=ASKED, project=project.pk, now=now)
        elif not is_alone and not is_full and why.get(item.pk) == ASKED:
            overlaps.retarget(item, target=item.target - 1, why=ENOUGH, project=project.pk, now=now)
        else:
            continue
        changed += 1
    return changed


def held(ids: list[int]) -> dict[int, int]:
    """item → how many people hold it or have answered it, in normal work."""
    found: dict[int, int] = {}
    states = [Assignment.State.OPEN, Assignment.State.DONE]
    rows = Assignment.objects.filter(item__in=ids, round=Round.NORMAL, state__in=states)
    for item in rows.values_list("item", flat=True):
        found[item] = found.get(item, 0) + 1
    return found


def answerers(ids: list[int]) -> dict[int, set[int]]:
    """item → the people whose answers count."""
    found: dict[int, set[int]] = {}
    rows = Annotation.objects.answers().filter(item__in=ids, round=Round.NORMAL)
    for item, annotator in rows.values_list("item", "annotator"):
        found.setdefault(item, set()).add(annotator)
    return found
