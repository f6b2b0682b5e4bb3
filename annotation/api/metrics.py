"""Prometheus metrics, counted in the database when asked: the same from every process, and right after a restart."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, F, Min, Model, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.api import queue_metrics
from annotation.api.access import MissingScope, person
from annotation.errors import Forbidden
from annotation.middleware import peer_address
from annotation.models import Annotation, Assignment, Project, Release, Role, Run, Scope, Token, Trace

LOOPBACK = {"127.0.0.1", "::1"}
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Metrics(APIView):
    """For a Prometheus server on this machine (all projects), a token (its project) or a manager (their projects)."""

    permission_classes = (AllowAny,)  # decided below: the machine itself needs no sign-in

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """The text format of Prometheus."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Counts(seen(request), now=timezone.now(), with_jobs=is_local(request)))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def is_local(request: Request) -> bool:
    """Whether the peer is this machine, and no proxy on it that speaks for somebody else."""
    return peer_address(request) in LOOPBACK and not any(name in request.headers for name in FORWARDED)


def seen(request: Request) -> QuerySet[Project]:
    """The projects whose figures this caller may see."""
    if isinstance(request.auth, Token):
        if Scope.DATA_READ not in request.auth.scopes:
            raise MissingScope(f"This token lacks the scope {Scope.DATA_READ}; make one that has it.")
        wanted = {"pk": request.auth.project_id, "members__role__in": [Role.MANAGER, Role.ENGINEER]}
    elif is_local(request):
        return Project.objects.all()
    elif request.user.is_authenticated:
        wanted = {"members__role__in": [Role.MANAGER]}
    else:
        raise NotAuthenticated
    rows = Project.objects.filter(members__user=person(request), **wanted).distinct()
    if not rows:
        raise Forbidden("Only managers see the figures of a project.")
    return rows


class Counts(Collector):
    """Rows by project and state. Each family is one grouped count."""

    def __init__(self, projects: QuerySet[Project], *, now: datetime, with_jobs: bool) -> None:
        self._projects, self._now, self._with_jobs = projects, now, with_jobs

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield self._family("traces", "Traces by state.", Trace, "project", "state")
        yield self._family("assignments", "Assignments by state.", Assignment, "queue__project", "state")
        yield self._family("annotations", "Answers, skips and withdrawals.", Annotation, "item__queue__project", "kind")
        yield self._family("releases", "Releases by state.", Release, "project", "state")
        yield self._family("runs", "Training runs by state.", Run, "project", "state")
        yield from queue_metrics.families(self._projects, now=self._now)
        if self._with_jobs:
            yield from self._jobs()

    def _family(self, name: str, text: str, model: type[Model], path: str, by: str) -> GaugeMetricFamily:
        family = GaugeMetricFamily(f"flywheel_{name}", text, labels=["project", by])
        rows = model._default_manager.filter(**{f"{path}__in": self._projects})
        for slug, value, count in rows.values_list(f"{path}__slug", by).annotate(n=Count("pk")).order_by():
            family.add_metric([slug, value], count)
        return family

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("flywheel_jobs", "Background jobs by queue and status.", labels=["queue", "status"])
        for queue, status, count in ProcrastinateJob.objects.values_list("queue_name", "status").annotate(
            n=Count("pk")
        ):
            jobs.add_metric([queue, status], count)
        yield jobs
        waiting = ProcrastinateJob.objects.filter(status="todo").aggregate(at=Min(F("scheduled_at")))["at"]
        late = (self._now - waiting).total_seconds() if waiting else 0.0
        yield GaugeMetricFamily(
            "flywheel_oldest_job_seconds", "Overdue time of the oldest waiting job.", value=max(late, 0.0)
        )
