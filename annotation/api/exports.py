"""Answers going out as JSON lines: annotations, votes, pairs and preferences."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.api import access
from annotation.api.streams import MEDIA_TYPE, ndjson
from annotation.errors import Invalid
from annotation.models import Project, Role, Scope
from annotation.queries import exports, members, pairs, votes
from flywheel.formats import pairs as pair_format


class Export(APIView, ABC):
    """One stream of a project; subclasses say of what."""

    @abstractmethod
    def rows(self, project: Project, *, names: bool) -> Iterator[object]:
        """JSON objects; `names` only for those who may see annotators' names."""

    @extend_schema(responses={(200, MEDIA_TYPE): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """JSON lines, read while they are sent. Only managers see annotators' names."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        names = Role.MANAGER in members.roles(access.person(request), project)
        return ndjson(self.rows(project, names=names))


class Annotations(Export):
    """Every answer, skip and withdrawal, with all that was recorded about it."""

    def rows(self, project: Project, *, names: bool) -> Iterator[object]:
        """Oldest first."""
        return exports.answers(project, names=names)


class Votes(Export):
    """votes.jsonl: people and judges alike; with `?criterion=KEY`, what people said of that criterion of the rubric."""

    def rows(self, project: Project, *, names: bool) -> Iterator[object]:
        """People first, then judges."""
        criterion = self.request.query_params.get("criterion")
        if criterion is None:
            return votes.vote_lines(project, names=names)
        if criterion not in {entry["key"] for entry in project.rubric}:
            raise Invalid("The project's rubric has no such criterion.")
        return votes.human_votes(project, names=names, criterion=criterion)

    @extend_schema(
        parameters=[OpenApiParameter("criterion", str, description="Key of a criterion of the project's rubric.")],
        responses={(200, MEDIA_TYPE): OpenApiTypes.STR, 422: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """JSON lines, read while they are sent. Only managers see annotators' names."""
        return super().get(request, slug)


class Pairs(Export):
    """pairs.jsonl: the sides of every item, two by two."""

    def rows(self, project: Project, *, names: bool) -> Iterator[object]:
        """Oldest first."""
        return map(pair_format.dump, pairs.pairs(project))


class Preferences(Export):
    """Rows as a release would hold them if it were made now."""

    def rows(self, project: Project, *, names: bool) -> Iterator[object]:
        """Pairs, then corrections."""
        return exports.preference_rows(project)
