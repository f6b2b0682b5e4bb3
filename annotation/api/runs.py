"""Training runs over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import runs
from annotation.api import access
from annotation.api.bodies import Body, checked
from annotation.api.lists import Place, page, page_of
from annotation.models import Policy, Release, Role, Run, Scope
from annotation.queries import runs as progress


class Runs(APIView):
    """The project's training runs."""

    class Input(Body):
        """A release of this project, and the settings that differ from the trainer's defaults."""

        release = serializers.IntegerField()
        config = serializers.DictField(default=dict)

    class Output(serializers.ModelSerializer):
        """A run and its result."""

        class Meta:
            model = Run
            fields = (
                "id", "number", "release", "config", "state", "error", "result", "created_at", "started_at",
                "finished_at",
            )  # fmt: skip

    @extend_schema(parameters=[Place], responses={200: page_of("Runs", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Runs, oldest first."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return page(request, project.runs.all(), self.Output)

    @extend_schema(request=Input, responses={201: Output})
    def post(self, request: Request, slug: str) -> Response:
        """Train on a ready release, in the background."""
        project = access.project(request, slug, Role.ENGINEER, scope=Scope.RUNS_WRITE)
        wanted = checked(self.Input, request.data)
        release = Release.objects.filter(project=project, pk=wanted["release"]).first()
        if release is None:
            raise serializers.ValidationError({"release": ["This project has no such release."]})
        made = runs.create(
            project=project, release=release, config=wanted["config"], actor=access.person(request), now=timezone.now()
        )
        return Response(self.Output(made).data, status=201)


class OneRun(APIView):
    """One run with its progress."""

    class Output(Runs.Output):
        """Also every line of metrics so far, and the policy that came out."""

        metrics = serializers.SerializerMethodField()
        policy = serializers.SerializerMethodField()

        class Meta:
            model = Run
            fields = (*Runs.Output.Meta.fields, "metrics", "policy")

        def get_metrics(self, run: Run) -> list[dict[str, Any]]:
            """The lines of metrics.jsonl."""
            return progress.metrics(run)

        def get_policy(self, run: Run) -> int | None:
            """The candidate's id."""
            return Policy.objects.filter(run=run).values_list("pk", flat=True).first()

    @extend_schema(responses={200: Output})
    def get(self, request: Request, run_id: int) -> Response:
        """The run."""
        rows = Run.objects.visible_to(access.person(request))
        found = access.row(request, rows, run_id, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return Response(self.Output(found).data)


class Cancel(APIView):
    """Stopping a run."""

    @extend_schema(request=None, responses={200: Runs.Output})
    def post(self, request: Request, run_id: int) -> Response:
        """Stop it if it waits or runs; a finished one stays as it is."""
        rows = Run.objects.visible_to(access.person(request))
        found = access.row(request, rows, run_id, Role.ENGINEER, scope=Scope.RUNS_WRITE)
        return Response(Runs.Output(runs.cancel(run=found, actor=access.person(request), now=timezone.now())).data)
