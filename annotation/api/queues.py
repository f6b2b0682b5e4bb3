"""Queues over HTTP: listed, made, and worked from."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import assignments, queues
from annotation.api import access
from annotation.api.assignments import Blinded, blinded
from annotation.api.bodies import Body, checked
from annotation.api.lists import Place, page, page_of
from annotation.models import Queue, Role, Scope
from annotation.queries import members

EVERYBODY = tuple(Role.values)


class Queues(APIView):
    """The project's queues."""

    class Input(Body, serializers.ModelSerializer):
        """The rules of a new queue; what is left out has the product's defaults."""

        class Meta:
            model = Queue
            fields = queues.SETTABLE
            # Rules that need the database (a name taken, shares between 0 and 1) are the action's.
            validators = ()

    class Output(serializers.ModelSerializer):
        """A queue and its rules."""

        class Meta:
            model = Queue
            fields = ("id", *queues.SETTABLE, "paused_at", "created_at")

    class Brief(serializers.ModelSerializer):
        """A queue as its annotators see it: shares of gold and repeats would change how they answer."""

        class Meta:
            model = Queue
            fields = ("id", "name", "kind", "lease_seconds", "daily_quota", "paused_at")

    @extend_schema(parameters=[Place], responses={200: page_of("Queues", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Queues, oldest first; annotators see fewer fields."""
        project = access.project(request, slug, *EVERYBODY, scope=Scope.QUEUE_WORK)
        sees_rules = not members.roles(access.person(request), project).isdisjoint({Role.MANAGER, Role.ENGINEER})
        return page(request, project.queues.all(), self.Output if sees_rules else self.Brief)

    @extend_schema(request=Input, responses={201: Output})
    def post(self, request: Request, slug: str) -> Response:
        """A new queue; its pool is filled in the background."""
        project = access.project(request, slug, Role.MANAGER, scope=Scope.QUEUE_WORK)
        rules = checked(self.Input, request.data)
        made = queues.create(project=project, actor=access.person(request), now=timezone.now(), **rules)
        return Response(self.Output(made).data, status=201)


class Claim(APIView):
    """The next item for the one who asks."""

    @extend_schema(request=None, responses={201: Blinded})
    def post(self, request: Request, queue_id: int) -> Response:
        """Lend the next item; 409 with type nothing-left says why there is none and until when."""
        queue, now = access.queue(request, queue_id), timezone.now()
        lent = assignments.claim(queue=queue, annotator=access.person(request), is_shown=True, now=now)
        return Response(blinded(lent), status=201)
