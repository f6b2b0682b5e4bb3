"""Assignments over HTTP: the blinded item, its lease, its draft, and giving it back."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import assignments, drafts
from annotation.api import access
from annotation.api.bodies import Body, checked
from annotation.models import Assignment
from annotation.queries.sides import NAMES, spread


class BlindedSide(serializers.Serializer):
    """One run under its displayed name."""

    name = serializers.CharField(help_text="A, B, …")
    place = serializers.CharField(help_text="what an answer calls it: 1, 2, …")
    messages = serializers.ListField(child=serializers.DictField())
    steps = serializers.ListField(child=serializers.DictField())


class Blinded(serializers.Serializer):
    """What is lent: nothing that tells policies, verdicts, outcomes, gold, or what others said."""

    id = serializers.IntegerField()
    queue = serializers.IntegerField()
    kind = serializers.CharField()
    question = serializers.CharField()
    guideline = serializers.IntegerField(allow_null=True, help_text="version of the guidelines to follow, or null")
    state = serializers.ChoiceField(choices=Assignment.State.choices)
    due_at = serializers.DateTimeField()
    sides = BlindedSide(many=True, help_text="in the order in which to show them")
    draft = serializers.DictField(allow_null=True, help_text="what was typed before, or null")


def blinded(lent: Assignment) -> dict[str, Any]:
    """What is lent, in the shape of Blinded. Written out by hand: serializers would cost more than claiming does."""
    on_desk = spread(lent)
    return {
        "id": lent.pk,
        "queue": lent.queue_id,
        "kind": lent.queue.kind,
        "question": lent.queue.project.question,
        "guideline": on_desk.guideline,
        "state": lent.state,
        "due_at": lent.due_at,
        "sides": [
            {"name": NAMES[n], "place": str(n + 1), "messages": trace.messages, "steps": trace.steps}
            for n, trace in enumerate(on_desk.traces)
        ],
        "draft": on_desk.draft.answer if on_desk.draft else None,
    }


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
        kept = assignments.heartbeat(assignment=access.assignment(request, assignment_id), now=timezone.now())
        return Response(Lease(kept).data)


class Release(APIView):
    """Giving an item back."""

    @extend_schema(request=None, responses={200: Lease})
    def post(self, request: Request, assignment_id: int) -> Response:
        """Give it back unanswered; giving it back again changes nothing."""
        given_back = assignments.release(assignment=access.assignment(request, assignment_id), now=timezone.now())
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
        assignment = access.assignment(request, assignment_id)
        wanted = checked(self.Input, request.data)
        saved = drafts.save(assignment=assignment, answer=wanted["answer"], now=timezone.now())
        return Response(self.Output(saved).data)
