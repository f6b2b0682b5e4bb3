"""Trace: one cleaned episode; what was received is kept apart in TraceRaw."""

from typing import Self

from django.db import models

from annotation.models.constraints import one_of
from annotation.models.policies import Policy
from annotation.models.projects import Project
from annotation.models.users import User


class TraceState(models.TextChoices):
    """State of a trace."""

    RECEIVED = "received"
    READY = "ready"
    QUARANTINED = "quarantined"


class TraceOutcome(models.TextChoices):
    """Outcome of a trace."""

    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    UNKNOWN = "unknown"


class TraceQuerySet(models.QuerySet["Trace"]):
    """Which traces, as sentences."""

    def visible_to(self, user: User) -> Self:
        """Traces of the projects the user belongs to."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def ready(self) -> Self:
        """Sanitised traces: the only ones shown, judged or exported."""
        return self.filter(state=Trace.State.READY)

    def not_demonstrations(self) -> Self:
        """What policies did, as opposed to what an expert showed."""
        return self.exclude(tags__contains={"demonstration": True})

    def demonstrations(self) -> Self:
        """Expert runs a loop starts from."""
        return self.filter(tags__contains={"demonstration": True})


class Trace(models.Model):
    """Content columns stay empty until the sanitiser has passed over what was received."""

    State = TraceState
    Outcome = TraceOutcome

    project = models.ForeignKey(Project, models.CASCADE, related_name="traces")
    key = models.CharField("id given by the sender", max_length=200)
    task = models.CharField(max_length=200)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="traces")
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=TraceState.choices, default=TraceState.RECEIVED)
    quarantine_reason = models.CharField(max_length=300, blank=True)
    messages = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    tools = models.JSONField(default=list)
    text_hash = models.CharField("key of its embedding", max_length=64, blank=True)
    prompt_hash = models.CharField("key of its prompt's embedding", max_length=64, blank=True)
    behaviour_hash = models.CharField("what the agent said and did", max_length=64, blank=True)
    figures = models.JSONField("plain figures that selection weighs", default=dict)
    outcome = models.CharField(max_length=8, choices=TraceOutcome.choices, default=TraceOutcome.UNKNOWN)
    reward = models.FloatField(null=True)
    input_tokens = models.PositiveBigIntegerField(null=True)
    output_tokens = models.PositiveBigIntegerField(null=True)
    cost = models.FloatField(null=True)
    tags = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField()
    prepared_at = models.DateTimeField(null=True)

    objects = TraceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="trace_id_once_per_project"),
            one_of("state", TraceState, name="trace_state_known"),
            one_of("outcome", TraceOutcome, name="trace_outcome_known"),
            models.CheckConstraint(
                condition=models.Q(state="ready", prepared_at__isnull=False) | ~models.Q(state="ready"),
                name="trace_ready_was_prepared",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "task"], name="trace_by_task"),
            models.Index(fields=["project", "-id"], name="trace_newest_first"),
        ]


class TraceRaw(models.Model):
    """The bytes as received, read by jobs only and dropped after the project's retention time."""

    trace = models.OneToOneField(Trace, models.CASCADE, primary_key=True, related_name="raw")
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "annotation_trace_raw"
