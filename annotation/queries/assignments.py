"""One person's work: what waits, what is open, what was answered."""

from datetime import datetime
from typing import Any

from annotation.models import Annotation, Assignment, Project, Queue, User
from annotation.queries import golds, progress
from annotation.queries.sides import NAMES
from annotation.task_types.registry import KINDS

CHOICES = {"tie": "tie", "both_bad": "both bad"}


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
            "queues": [line(queue, user, now=now) for queue in project.queues.order_by("name")],
        }
        for project in projects
    ]


def line(queue: Queue, user: User, *, now: datetime) -> dict[str, Any]:
    """One queue as its annotator sees it."""
    return {
        "queue": queue,
        "progress": progress.glance(queue),
        "mine": progress.mine(queue, user, now=now),
        "has_open": open_in(queue, user) is not None,
    }


def recent(user: User, *, limit: int = 12) -> list[dict[str, Any]]:
    """This person's last answers in displayed terms, newest first."""
    answers = (
        Annotation.objects.visible_to(user)
        .answers()
        .filter(annotator=user)
        .select_related("assignment__queue__project")
        .order_by("-pk")[:limit]
    )
    return [
        {
            "assignment": answer.assignment,
            "queue": answer.assignment.queue,
            "at": answer.answered_at,
            "said": said(answer),
            "rationale": answer.answer.get("rationale", ""),
            "has_correction": bool(answer.answer.get("correction")),
        }
        for answer in answers
    ]


def said(answer: Annotation) -> str:
    """The answer in two words, as its screen named the sides."""
    shown = KINDS[answer.assignment.queue.kind].displayed(answer.answer, answer.order)
    choice = shown.get("choice")
    if choice is None:
        return "corrected"
    return CHOICES.get(choice) or f"{NAMES[int(choice) - 1]} is better"


def standing(assignment: Assignment) -> Annotation | None:
    """The current answer of an assignment, if it has one."""
    return Annotation.objects.answers().filter(assignment=assignment).first()


def displayed(answer: Annotation) -> dict[str, Any]:
    """The answer as its screen showed it."""
    return KINDS[answer.assignment.queue.kind].displayed(answer.answer, answer.order)
