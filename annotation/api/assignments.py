"""Assignments over HTTP: the blinded item, its lease, its draft, and giving it back."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import assignments, drafts
from annotation.api import access
from annotation.api.bodies import Body, checked
from annotation.models import Assignment, Draft, Queue, Role, Scope
from annotation.queries.sides import NAMES, displayed_traces


class BlindedSide(serializers.Serializer):
    """One run under its displayed name."""

    name = serializers.CharField(help_text="A, B, …")
    place = serializers.CharField(help_text="what an answer calls it: 1, 2, …")
    messages = serializers.ListField(child=serializers.DictField())
    steps = serializers.ListField(child=serializers.DictField())


class Blinded(serializers.Serializer):
    """What is lent: nothing that tells policies, verdicts, outcomes, gold, or what others said."""

    id = serializers.IntegerField()
    queue = serializers.IntegerField(source="queue_id")
    kind = serializers.CharField(source="queue.kind")
    question = serializers.CharField(source="queue.project.question")
    guideline = serializers.SerializerMethodField(help_text="version of the guidelines to follow, or null")
    state = serializers.ChoiceField(choices=Assignment.State.choices)
    due_at = serializers.DateTimeField()
    sides = serializers.SerializerMethodField(help_text="in the order in which to show them")
    draft = serializers.SerializerMethodField(help_text="what was typed before, or null")

    def get_guideline(self, lent: Assignment) -> int | None:
        """The version only; the text changes seldom."""
        return lent.queue.project.guidelines.values_list("version", flat=True).first()

    @extend_schema_field(BlindedSide(many=True))
    def get_sides(self, lent: Assignment) -> list[dict[str, Any]]:
        """The sides as this person is to see them."""
        return [
            {"name": NAMES[n], "place": str(n + 1), "messages": trace.messages, "steps": trace.steps}
            for n, trace in enumerate(displayed_traces(lent))
        ]

    def get_draft(self, lent: Assignment) -> dict[str, Any] | None:
        """The draft, in displayed terms."""
        return Draft.objects.filter(assignment=lent).values_list("answer", flat=True).first()


class Lease(serializers.Serializer):
    """How an assignment stands."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Assignment.State.choices)
    due_at = serializers.DateTimeField()


class Heartbeat(APIView):
    """Still working on it."""

    @extend_schema(request=None, responses={200: Lease})
    def post(self, request: Request, assignment_id: int) -> Response:
        """Extend the lease; 409 if it is no longer this person's."""
        kept = assignments.heartbeat(assignment=own(request, assignment_id), now=timezone.now())
        return Response(Lease(kept).data)


class Release(APIView):
    """Giving an item back."""

    @extend_schema(request=None, responses={200: Lease})
    def post(self, request: Request, assignment_id: int) -> Response:
        """Give it back unanswered; giving it back again changes nothing."""
        given_back = assignments.release(assignment=own(request, assignment_id), now=timezone.now())
        return Response(Lease(given_back).data)


class OneDraft(APIView):
    """The editable, unsubmitted text."""

    class Input(Body):
        """Anything an answer may hold, complete or not."""

        answer = serializers.DictField()

    class Output(serializers.Serializer):
        """When it was kept."""

        saved_at = serializers.DateTimeField()

    @extend_schema(request=Input, responses={200: Output})
    def put(self, request: Request, assignment_id: int) -> Response:
        """Replace the draft."""
        assignment = own(request, assignment_id)
        wanted = checked(self.Input, request.data)
        saved = drafts.save(assignment=assignment, answer=wanted["answer"], now=timezone.now())
        return Response(self.Output(saved).data)


def own(request: Request, assignment_id: int) -> Assignment:
    """The caller's own assignment; somebody else's does not exist for them."""
    rows = Assignment.objects.filter(queue__in=Queue.objects.visible_to(access.person(request))).select_related(
        "annotator"
    )
    found = access.row(
        request, rows, assignment_id, Role.ANNOTATOR, scope=Scope.QUEUE_WORK, belongs_to="queue__project"
    )
    if found.annotator_id != request.user.pk:
        raise Http404
    return found
