"""Policies over HTTP: the champion, its rivals, promotion and roll-back."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.actions import policies
from annotation.api import access
from annotation.api.bodies import Body, checked
from annotation.api.lists import Place, page, page_of
from annotation.errors import Refused
from annotation.models import Deployment, Policy, Role, Scope
from annotation.queries import policies as standing


class NoChampion(Refused):
    """Nothing was promoted yet."""

    status = 404
    type = "no-champion"


class Policies(APIView):
    """Every version of the agent's weights that the project knows."""

    class Output(serializers.ModelSerializer):
        """A policy and its lineage: parent, release and run."""

        class Meta:
            model = Policy
            fields = (
                "id", "name", "version", "origin", "base", "digest", "parent", "release", "run", "metrics", "created_at",
            )  # fmt: skip

    @extend_schema(parameters=[Place], responses={200: page_of("Policies", Output)})
    def get(self, request: Request, slug: str) -> Response:
        """Policies, oldest first."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        return page(request, project.policies.all(), self.Output)


class Champion(APIView):
    """The policy that should serve."""

    @extend_schema(responses={200: Policies.Output})
    def get(self, request: Request, slug: str) -> Response:
        """The champion; 404 with type no-champion before the first promotion."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.DATA_READ)
        champion = standing.champion(project)
        if champion is None:
            raise NoChampion("No policy of this project was promoted yet.")
        return Response(Policies.Output(champion).data)


class Why(Body):
    """The reason, for the history."""

    reason = serializers.CharField(max_length=500)


class Deployed(serializers.ModelSerializer):
    """A line of the history of champions."""

    policy = Policies.Output()
    by = serializers.CharField()

    class Meta:
        model = Deployment
        fields = ("id", "kind", "policy", "previous", "reason", "by", "created_at")


class Promote(APIView):
    """Making a policy the champion."""

    @extend_schema(request=Why, responses={201: Deployed})
    def post(self, request: Request, policy_id: int) -> Response:
        """Promote it, saying why."""
        rows = Policy.objects.filter(project__members__user=access.person(request)).distinct()
        policy = access.row(request, rows, policy_id, Role.MANAGER, Role.ENGINEER, scope=Scope.POLICIES_WRITE)
        reason = checked(Why, request.data)["reason"]
        made = policies.promote(policy=policy, by=access.person(request), reason=reason, now=timezone.now())
        return Response(Deployed(made).data, status=201)


class Rollback(APIView):
    """Going back to the champion before."""

    @extend_schema(request=Why, responses={201: Deployed})
    def post(self, request: Request, slug: str) -> Response:
        """Roll back, saying why."""
        project = access.project(request, slug, Role.MANAGER, Role.ENGINEER, scope=Scope.POLICIES_WRITE)
        reason = checked(Why, request.data)["reason"]
        made = policies.roll_back(project=project, by=access.person(request), reason=reason, now=timezone.now())
        return Response(Deployed(made).data, status=201)
