"""Judges and their verdicts over HTTP."""

from urllib.parse import urlsplit

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import judges
from annotation.api import access
from annotation.api.bodies import Body, checked
from annotation.api.lists import Place, page, page_of
from annotation.models import Judge, Role, Scope, Verdict


class Judges(APIView):
    """The project's judges."""

    class Input(Body):
        """A judge's configuration; the key stays in the server's environment, only its variable is named."""

        name = serializers.CharField(max_length=80)
        provider = serializers.ChoiceField(choices=Judge.Provider.choices)
        model = serializers.CharField(max_length=200, required=False, allow_blank=True)
        base_url = serializers.CharField(max_length=200, required=False, allow_blank=True)
        api_key_env = serializers.CharField(max_length=80, required=False, allow_blank=True)
        settings = serializers.DictField(required=False)

        def validate_base_url(self, value: str) -> str:
            """Something that can be read as an address."""
            try:
                urlsplit(value)
            except ValueError as problem:
                raise serializers.ValidationError(f"This is no address: {problem}.") from problem
            return value

    class Output(serializers.ModelSerializer):
        """A judge and its last check against gold."""

        class Meta:
            model = Judge
            fields = (
                "id", "name", "provider", "model", "base_url", "api_key_env", "prompt_version", "settings",
                "is_active", "is_automatic", "gate", "created_at",
            )  # fmt: skip

    @extend_schema(parameters=[Place], responses={200: page_of("Judges", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Judges, oldest first."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return page(request, project.judges.all(), self.Output)

    @extend_schema(request=Input, responses={201: Output})
    def post(self, request: Request, slug: str) -> Response:
        """A new judge; it starts on the project's items in the background."""
        project = access.project(request, slug, Role.MANAGER, scope=Scope.QUEUE_WORK)
        wanted = checked(self.Input, request.data)
        made = judges.create(project=project, actor=access.person(request), now=timezone.now(), **wanted)
        return Response(self.Output(made).data, status=201)


class Verdicts(APIView):
    """What judges said."""

    class Filter(serializers.Serializer):
        """Whose verdicts."""

        judge = serializers.CharField(required=False, max_length=80)

    class Output(serializers.ModelSerializer):
        """One answer on one ordered pair; the label is un-displayed."""

        judge = serializers.CharField()
        first = serializers.SerializerMethodField(help_text="the side shown first")

        class Meta:
            model = Verdict
            fields = (
                "id", "judge", "item", "first", "label", "probability", "reason", "prompt_version", "input_tokens",
                "output_tokens", "latency_ms", "cost", "created_at",
            )  # fmt: skip

        def get_first(self, verdict: Verdict) -> str:
            """a or b."""
            return "ab"[verdict.first]

    @extend_schema(parameters=[Filter, Place], responses={200: page_of("Verdicts", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Verdicts, oldest first."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        wanted = checked(self.Filter, request.query_params)
        rows = Verdict.objects.filter(judge__project=project).select_related("judge")
        if "judge" in wanted:
            rows = rows.filter(judge__name=wanted["judge"])
        return page(request, rows, self.Output)
