"""Releases over HTTP: made, looked at, listed."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import releases
from annotation.api import access
from annotation.api.bodies import Body, checked
from annotation.api.lists import Place, page, page_of
from annotation.models import Release, ReleaseRow, Role, Scope


class Releases(APIView):
    """The project's releases."""

    class Input(Body):
        """Which answers, by which rules."""

        class Filters(Body):
            """What is left out is not filtered by."""

            queue = serializers.IntegerField(required=False, allow_null=True)
            since = serializers.CharField(required=False, allow_null=True, help_text="ISO 8601 with its zone")
            until = serializers.CharField(required=False, allow_null=True, help_text="ISO 8601 with its zone")
            min_annotators = serializers.IntegerField(required=False, min_value=1)
            min_agreement = serializers.FloatField(required=False, min_value=0, max_value=1)
            kinds = serializers.ListField(child=serializers.ChoiceField(ReleaseRow.Kind.choices), required=False)
            policies = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
            demonstrations = serializers.BooleanField(required=False)
            judged = serializers.BooleanField(
                required=False,
                help_text="also pairs that nobody answered and a judge may decide alone; their rows say source: judge. "
                "Default false",
            )

        class Recipe(Body):
            """The declared rules."""

            tie = serializers.CharField(required=False)
            both_bad = serializers.CharField(required=False)
            test_share = serializers.FloatField(required=False, help_text="0 to 0.5")

        filters = Filters(required=False)
        recipe = Recipe(required=False)
        seed = serializers.IntegerField(required=False, min_value=0, max_value=2**53 - 1)

    class Output(serializers.ModelSerializer):
        """A release; `digest` is its manifest's id."""

        class Meta:
            model = Release
            fields = (
                "id", "number", "state", "error", "digest", "filters", "recipe", "seed", "parent", "created_at",
                "finished_at",
            )  # fmt: skip

    @extend_schema(parameters=[Place], responses={200: page_of("Releases", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Releases, oldest first."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return page(request, project.releases.defer("manifest"), self.Output)

    @extend_schema(request=Input, responses={201: Output})
    def post(self, request: Request, slug: str) -> Response:
        """A new release; a worker builds it, so it is queued first."""
        project = access.project(request, slug, Role.ENGINEER, scope=Scope.RELEASES_WRITE)
        wanted = {"filters": {}} | checked(self.Input, request.data)
        made = releases.create(project=project, actor=access.person(request), now=timezone.now(), **wanted)
        return Response(self.Output(made).data, status=201)


class OneRelease(APIView):
    """One release with its manifest."""

    class Output(Releases.Output):
        """The manifest is empty until the release is ready; its files are under files/."""

        files = serializers.SerializerMethodField(help_text="name → {sha256, bytes, rows, url}")

        class Meta:
            model = Release
            fields = (*Releases.Output.Meta.fields, "manifest", "files")

        def get_files(self, release: Release) -> dict[str, dict[str, Any]]:
            """The files with their addresses."""
            base = f"/api/v1/releases/{release.pk}/files/"
            return {name: {**entry, "url": base + name} for name, entry in release.manifest.get("files", {}).items()}

    @extend_schema(responses={200: Output})
    def get(self, request: Request, release_id: int) -> Response:
        """The release."""
        rows = Release.objects.visible_to(access.person(request))
        found = access.row(request, rows, release_id, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return Response(self.Output(found).data)
