"""Traces over HTTP: sent in as a stream, listed, read."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import traces
from annotation.actions.traces import Ingested
from annotation.api import access
from annotation.api.bodies import checked
from annotation.api.lists import Place, page, page_of
from annotation.api.uploads import Upload
from annotation.errors import Invalid, Refused
from annotation.models import Role, Scope, Trace
from flywheel.formats import reading, shape
from flywheel.records import BadInput

MEDIA_TYPES = ("application/x-ndjson", "application/json")
HEAVY = ("messages", "steps", "tools", "metadata")


class TooLarge(Refused):
    """More than one request may carry."""

    status = 413
    type = "too-large"


class CutShort(Refused):
    """The connection broke before the body ended."""

    status = 400
    type = "cut-short"


class Traces(APIView):
    """The project's traces; a POST body is a stream of lines in one of several formats."""

    parser_classes = ()  # the body is read by the view, as it comes in

    class Input(serializers.Serializer):
        """How to read what is sent."""

        format = serializers.ChoiceField(choices=list(reading.FORMATS), default="native")
        policy = serializers.CharField(required=False, help_text='"name@version" where lines name none')

        def validate_policy(self, value: str) -> str:
            """A policy reference."""
            try:
                return shape.policy(value)
            except BadInput as problem:
                raise serializers.ValidationError(str(problem)) from problem

    class Filter(serializers.Serializer):
        """Which traces to list."""

        task = serializers.CharField(required=False)
        state = serializers.ChoiceField(choices=Trace.State.choices, required=False)

    class Output(serializers.ModelSerializer):
        """A trace without its content."""

        policy = serializers.CharField()

        class Meta:
            model = Trace
            fields = (
                "id", "key", "task", "policy", "state", "quarantine_reason", "outcome", "reward", "input_tokens",
                "output_tokens", "cost", "tags", "started_at", "ended_at", "arrived_at", "prepared_at",
            )  # fmt: skip

    class Counts(serializers.Serializer):
        """What became of what was sent."""

        created = serializers.IntegerField()
        duplicate = serializers.IntegerField()
        refused = serializers.IntegerField()
        rejected = serializers.ListField(child=serializers.DictField())

    @extend_schema(parameters=[Filter, Place], responses={200: page_of("Traces", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Traces, oldest first."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        wanted = checked(self.Filter, request.query_params)
        rows = project.traces.filter(**wanted).select_related("policy").defer(*HEAVY)
        return page(request, rows, self.Output)

    @extend_schema(
        parameters=[Input],
        request={MEDIA_TYPES[0]: OpenApiTypes.STR, MEDIA_TYPES[1]: OpenApiTypes.OBJECT},
        responses={200: Counts},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Keep the good lines and say what is wrong with the others; sending the same again is harmless."""
        project = access.project(request, slug, Role.ENGINEER, scope=Scope.TRACES_WRITE)
        wanted = checked(self.Input, request.query_params)
        upload = opened(request)
        lines = reading.read(cast("BinaryIO", upload), wanted["format"], policy=wanted.get("policy"))
        found = traces.ingest(project=project, lines=lines, now=timezone.now())
        return Response(answered(found, upload))


def opened(request: Request) -> Upload:
    """The body as a stream, if its type and its announced length can be taken."""
    if str(request.content_type).partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise UnsupportedMediaType(request.content_type, f"Send {' or '.join(MEDIA_TYPES)} as Content-Type.")
    if request.headers.get("Content-Encoding", "identity").lower() not in ("identity", "gzip"):
        raise UnsupportedMediaType(request.content_type, "Send the body as it is, or with Content-Encoding: gzip.")
    limit = settings.INGEST_BODY_LIMIT
    if (length := request.headers.get("Content-Length", "")).isdigit() and int(length[:20]) > limit:
        raise TooLarge(f"Send at most {limit // 2**20} MiB at a time; nothing of this was read.")
    return Upload(request._request, limit=limit)


def answered(found: Ingested, upload: Upload) -> Mapping[str, Any]:
    """The counts; as a refusal if the body was too long, cut short, or held nothing that could be kept."""
    counts = asdict(found)
    if upload.is_over:
        limit = settings.INGEST_BODY_LIMIT // 2**20
        raise TooLarge(
            f"The body is larger than {limit} MiB; what is counted here was kept, send the rest again.", **counts
        )
    if upload.is_broken:
        raise CutShort("The connection broke; what is counted here was kept, send the rest again.", **counts)
    if found.refused and not found.created and not found.duplicate:
        raise Invalid("None of the lines could be kept; see rejected.", **counts)
    return counts


class OneTrace(APIView):
    """One trace with its content."""

    class Output(serializers.ModelSerializer):
        """What the sanitiser left of it."""

        policy = serializers.CharField()
        findings = serializers.SerializerMethodField()

        class Meta:
            model = Trace
            fields = (*Traces.Output.Meta.fields, *HEAVY, "findings")

        def get_findings(self, trace: Trace) -> list[Any]:
            """What was seen and masked: never the value."""
            return list(trace.findings.order_by("pk").values("detector", "kind", "path", "start", "end", "action"))

    @extend_schema(responses=Output)
    def get(self, request: Request, trace_id: int) -> Response:
        """The trace."""
        rows = Trace.objects.visible_to(access.person(request)).select_related("policy")
        found = access.row(request, rows, trace_id, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return Response(self.Output(found).data)
