"""Stored statistical results over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import reports
from annotation.api import access
from annotation.errors import Refused
from annotation.models import Report, Role, Scope
from annotation.queries import exports, members
from annotation.queries import reports as stored

READERS = (Role.MANAGER, Role.ENGINEER, Role.REVIEWER)


class NoReport(Refused):
    """Nobody had this report computed yet."""

    status = 404
    type = "no-report"


class Reports(APIView):
    """The newest report of a kind; only managers see annotators' names in it."""

    class Output(serializers.ModelSerializer):
        """The numbers, and what is needed to compute them again."""

        class Meta:
            model = Report
            fields = ("id", "kind", "parameters", "seed", "data_hash", "code_version", "numbers", "created_at")

    class Requested(serializers.Serializer):
        """Whether the report is newly on its way; false if it was already."""

        is_new = serializers.BooleanField()

    @extend_schema(responses={200: Output})
    def get(self, request: Request, slug: str, kind: str) -> Response:
        """The newest one; 404 with type no-report if there is none yet."""
        project = access.project(request, slug, *READERS, scope=Scope.DATA_READ)
        newest = stored.latest(project, kind)
        if newest is None:
            raise NoReport(f"There is no {kind} report yet; ask for one with POST to this address.")
        names = Role.MANAGER in members.roles(access.person(request), project)
        return Response({**self.Output(newest).data, "numbers": exports.report_numbers(newest, names=names)})

    @extend_schema(request=None, responses={202: Requested})
    def post(self, request: Request, slug: str, kind: str) -> Response:
        """Have it computed from today's answers, in the background."""
        project = access.project(request, slug, Role.MANAGER, scope=Scope.DATA_READ)
        is_new = reports.request(project=project, kind=kind, actor=access.person(request), now=timezone.now())
        return Response({"is_new": is_new}, status=202)
