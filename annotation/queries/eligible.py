"""Who would get work from a queue by its rules, and what keeps the others from it; for managers, never for claims."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from annotation.models import Annotation, Assignment, Member, Queue, Role, User
from annotation.queries import golds
from annotation.queries.days import midnight


@dataclass(frozen=True, slots=True)
class Candidate:
    """An annotator of the project; `why_not` is empty for those who get work now, `left` is what quotas still allow."""

    person: User
    why_not: str
    left: int | None = None
    is_qualifying: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What one person did in the queue."""

    total: int = 0
    today: int = 0
    known: int = 0
    right: int = 0


def candidates(queue: Queue, *, named: Collection[int], now: datetime) -> list[Candidate]:
    """All annotators of the project by the queue's rules; `named` are the people it is for, nobody is everybody."""
    members = Member.objects.filter(project=queue.project_id, role=Role.ANNOTATOR, user__is_active=True)
    tallies = tallied(queue, now=now)
    return [
        candidate(queue, member, tallies.get(member.user_id, Tally()), named=named)
        for member in members.select_related("user").order_by("user__username")
    ]


def is_for_nobody(queue: Queue) -> bool:
    """Whether everybody the queue is named for has left."""
    staying = Member.objects.filter(project=queue.project_id, role=Role.ANNOTATOR, user__is_active=True)
    named = queue.named_people.all()
    return named.exists() and not named.filter(pk__in=staying.values("user")).exists()


def candidate(queue: Queue, member: Member, done: Tally, *, named: Collection[int]) -> Candidate:
    """One annotator, with the first rule that keeps them away."""
    left = quota_left(queue, done.total, done.today)
    is_tested = done.known >= queue.qualify_on
    if named and member.user_id not in named:
        why_not = "is not named"
    elif missing := sorted(set(queue.skills) - set(member.skills)):
        why_not = f"lacks {', '.join(missing)}"
    elif queue.total_quota is not None and done.total >= queue.total_quota:
        why_not = "has given all answers of one person"
    elif queue.daily_quota is not None and done.today >= queue.daily_quota:
        why_not = "has reached today's answers"
    elif queue.qualify_on and is_tested and done.right < queue.qualify_share * queue.qualify_on:
        why_not = f"got {done.right} of {queue.qualify_on} known answers right"
    else:
        why_not = ""
    return Candidate(member.user, why_not, left, is_qualifying=not is_tested)


def quota_left(queue: Queue, total: int, today: int) -> int | None:
    """How many answers the quotas still allow a person now; None without quotas."""
    limits = [(queue.total_quota, total), (queue.daily_quota, today)]
    return min((max(0, limit - done) for limit, done in limits if limit is not None), default=None)


def tallied(queue: Queue, *, now: datetime) -> dict[int, Tally]:
    """What each person did, counted only where a rule asks for it."""
    done: dict[int, tuple[int, int]] = {}
    if queue.pk and (queue.total_quota is not None or queue.daily_quota is not None):
        rows = Assignment.objects.filter(queue=queue, state=Assignment.State.DONE).values("annotator")
        counted = rows.annotate(total=Count("pk"), today=Count("pk", filter=Q(closed_at__gte=midnight(now))))
        done = {row["annotator"]: (row["total"], row["today"]) for row in counted.order_by()}
    known = first_known(queue)
    return {
        who: Tally(*done.get(who, (0, 0)), known=len(known.get(who, [])), right=sum(known.get(who, [])))
        for who in {*done, *known}
    }


def first_known(queue: Queue) -> dict[int, list[bool]]:
    """annotator → whether each of the first known answers they met was right."""
    if not queue.pk or not queue.qualify_on:
        return {}
    met = golds.met(Annotation.objects.filter(item__queue=queue))
    return {who: right[: queue.qualify_on] for who, right in met.items()}
