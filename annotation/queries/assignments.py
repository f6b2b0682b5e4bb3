"""One person's work: what waits, what is open, what was answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import TextField
from django.db.models.expressions import RawSQL

from annotation.models import Annotation, Assignment, Project, Queue, User
from annotation.models.annotations import AnnotationQuerySet
from annotation.queries import choices, golds, progress
from annotation.task_types.registry import KINDS

# What the user of the first run said first, by which a person knows the item again.
ASKED = RawSQL(
    """(SELECT left(jsonb_path_query_first(t.messages, '$[*] ? (@.role == "user").content') #>> '{}', 200)
        FROM annotation_side s JOIN annotation_trace t ON t.id = s.trace_id
        WHERE s.item_id = annotation_annotation.item_id ORDER BY s.index LIMIT 1)""",
    (),
    output_field=TextField(),
)


def open_in(queue: Queue, user: User) -> Assignment | None:
    """The item this person has on the desk in this queue."""
    return Assignment.objects.of(user).open().filter(queue=queue).select_related("item", "queue__project").first()


def desk(user: User, *, now: datetime) -> list[dict[str, Any]]:
    """The projects where this person annotates, each with its queues, progress and agreement with gold."""
    projects = Project.objects.filter(members__user=user, members__role="annotator").order_by("name")
    return [
        {
            "project": project,
            "gold": golds.agreement(project.pk, user),
            "queues": [line(queue, user, now=now) for queue in project.queues.order_by("-priority", "name")],
        }
        for project in projects
    ]


def line(queue: Queue, user: User, *, now: datetime) -> dict[str, Any]:
    """One queue as its annotator sees it."""
    return {
        "queue": queue,
        "task": choices.task(queue),
        "progress": progress.glance(queue),
        "mine": progress.mine(queue, user, now=now),
        "has_open": open_in(queue, user) is not None,
    }


def answered(user: User) -> AnnotationQuerySet:
    """This person's standing answers."""
    mine = Annotation.objects.visible_to(user).answers().filter(annotator=user)
    return mine.select_related("assignment__queue__project").annotate(asked=ASKED)


def recent(user: User, *, limit: int = 8) -> list[dict[str, Any]]:
    """This person's last answers in displayed terms, newest first."""
    return [row(answer) for answer in answered(user).order_by("-pk")[:limit]]


def with_history(answers: Sequence[Annotation], user: User) -> list[dict[str, Any]]:
    """These answers in displayed terms, each with the versions before it, newest first: [{at, said}]."""
    earlier = Annotation.objects.filter(
        annotator=user, assignment__in=[answer.assignment_id for answer in answers], superseded_by__isnull=False
    ).select_related("assignment__queue")
    versions: dict[int, list[dict[str, Any]]] = {}
    for old in earlier.order_by("-pk"):
        versions.setdefault(old.assignment_id, []).append({"at": old.answered_at, "said": said(old)})
    return [{**row(answer), "earlier": versions.get(answer.assignment_id, [])} for answer in answers]


def row(answer: Annotation) -> dict[str, Any]:
    """One answer for a list."""
    return {
        "assignment": answer.assignment,
        "queue": answer.assignment.queue,
        "at": answer.answered_at,
        "said": said(answer),
        "asked": answer.asked or "",  # type: ignore[attr-defined]  # of `answered`
        "rationale": answer.answer.get("rationale", ""),
        "has_correction": bool(answer.answer.get("correction")),
    }


def said(answer: Annotation, *, kind: str | None = None) -> str:
    """The answer in a few words, as its screen named the sides."""
    if answer.kind == Annotation.Kind.WITHDRAWAL:
        return "taken back"
    if answer.kind == Annotation.Kind.SKIP:
        return f"skipped: {answer.skip_reason}"
    shown = KINDS[kind or answer.assignment.queue.kind].displayed(answer.answer, answer.order)
    return choices.said(shown, len(answer.order))


def last_said(assignment: Assignment) -> str:
    """What was said last of an assignment, in a few words, though it may have been taken back."""
    given = Annotation.objects.filter(assignment=assignment).exclude(kind=Annotation.Kind.WITHDRAWAL)
    newest = given.select_related("assignment__queue").order_by("pk").last()
    return said(newest) if newest else ""


def standing(assignment: Assignment) -> Annotation | None:
    """The current answer of an assignment, if it has one."""
    return Annotation.objects.answers().filter(assignment=assignment).first()


def displayed(answer: Annotation) -> dict[str, Any]:
    """The answer as its screen showed it."""
    return KINDS[answer.assignment.queue.kind].displayed(answer.answer, answer.order)
