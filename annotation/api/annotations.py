"""Answers over HTTP: submitted, changed, skipped, and streamed out."""

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import annotations, assignments, handover
from annotation.api import access
from annotation.api.assignments import Blinded, blinded
from annotation.api.bodies import Body, checked, idempotency_key
from annotation.models import Annotation, Assignment, Role, Round, Scope
from annotation.queries import members
from annotation.task_types.registry import KINDS

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="the same key again: the same answer"
)
NEXT = OpenApiParameter("next", bool, description="claim the next item in the same request")


class Given(Body):
    """An answer in displayed terms, and the seconds somebody really worked on it."""

    answer = serializers.DictField(
        help_text='compare: {"choice": "1" | "2" | "tie" | "both_bad", "rationale", "correction"}'
    )
    active_seconds = serializers.FloatField(min_value=0, default=0.0)


class Stored(serializers.Serializer):
    """An answer as it was stored, in displayed terms."""

    id = serializers.IntegerField()
    assignment = serializers.IntegerField(source="assignment_id")
    kind = serializers.ChoiceField(choices=Annotation.Kind.choices)
    answer = serializers.DictField(help_text="sides are named as this person saw them")
    skip_reason = serializers.CharField()
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    active_seconds = serializers.FloatField()
    answered_at = serializers.DateTimeField()


def stored(row: Annotation) -> dict[str, Any]:
    """The shape of Stored, written out by hand: serializers would cost more than storing does."""
    is_answer = row.kind == Annotation.Kind.ANSWER
    return {
        "id": row.pk,
        "assignment": row.assignment_id,
        "kind": row.kind,
        "answer": KINDS[row.assignment.queue.kind].displayed(row.answer, row.order) if is_answer else {},
        "skip_reason": row.skip_reason,
        "supersedes": row.supersedes_id,
        "active_seconds": row.active_seconds,
        "answered_at": row.answered_at,
    }


class Submit(APIView):
    """The answer to an assignment."""

    class Output(serializers.Serializer):
        """The stored answer; with ?next=1 also the next item, or why there is none."""

        annotation = Stored()
        next = Blinded(required=False, allow_null=True)
        nothing_left = serializers.DictField(required=False)

    @extend_schema(parameters=[KEY, NEXT], request=Given, responses={201: Output})
    def post(self, request: Request, assignment_id: int) -> Response:
        """Store the answer, with ?next=1 also lend the next item. An answer stays even if nothing is left."""
        assignment, now = access.assignment(request, assignment_id), timezone.now()
        wanted = {**checked(Given, request.data), "client_key": idempotency_key(request), "now": now}
        if request.query_params.get("next") not in ("1", "true"):
            return Response({"annotation": stored(annotations.submit(assignment=assignment, **wanted))}, status=201)
        given, lent = handover.submit_and_claim(assignment=assignment, is_shown=True, **wanted)
        return Response({"annotation": stored(given), **following(assignment, lent, now=now)}, status=201)


def following(assignment: Assignment, lent: Assignment | None, *, now: datetime) -> dict[str, Any]:
    """The next item of the same queue for the same person, or why there is none; a reviewer names the next one."""
    if assignment.round == Round.ADJUDICATION:
        return {"next": None}
    try:
        lent = lent or assignments.claim(queue=assignment.queue, annotator=assignment.annotator, is_shown=True, now=now)
    except assignments.NothingLeft as nothing:
        return {"next": None, "nothing_left": {"type": nothing.type, "detail": nothing.sentence, **nothing.extra}}
    return {"next": blinded(lent)}


class Skip(APIView):
    """Passing an item on."""

    class Input(Body):
        """Why."""

        reason = serializers.CharField(max_length=300)

    @extend_schema(request=Input, responses={201: Stored})
    def post(self, request: Request, assignment_id: int) -> Response:
        """Skip with a reason; an Idempotency-Key is welcome."""
        assignment = access.assignment(request, assignment_id)
        reason = checked(self.Input, request.data)["reason"]
        key = idempotency_key(request, default=str(uuid.uuid4()))
        given = annotations.skip(assignment=assignment, reason=reason, client_key=key, now=timezone.now())
        return Response(stored(given), status=201)


class Supersede(APIView):
    """Changing an own answer."""

    @extend_schema(parameters=[KEY], request=Given, responses={201: Stored})
    def post(self, request: Request, annotation_id: int) -> Response:
        """A new answer that supersedes the old one, which stays in the history."""
        me = access.person(request)
        rows = Annotation.objects.visible_to(me).select_related("assignment")
        found = access.row(
            request, rows, annotation_id, *Role.values, scope=Scope.QUEUE_WORK, belongs_to="item__queue__project"
        )
        members.require(me, found.item.queue.project, *members.workers(found.assignment))
        if found.annotator_id != request.user.pk:
            raise Http404
        wanted, key = checked(Given, request.data), idempotency_key(request)
        newer = annotations.supersede(annotation=found, client_key=key, now=timezone.now(), **wanted)
        return Response(stored(newer), status=201)
