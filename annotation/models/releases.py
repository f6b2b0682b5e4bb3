"""Release: an immutable preference data set; ReleaseRow: its rows, frozen with what is behind them."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.consensus import Consensus
from annotation.models.constraints import one_of
from annotation.models.items import Item
from annotation.models.projects import Project
from annotation.models.users import User


class ReleaseState(models.TextChoices):
    """State of a release."""

    QUEUED = "queued"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Which releases, as sentences."""

    def visible_to(self, user: User) -> Self:
        """Releases of the projects the user belongs to."""
        return self.filter(project__in=Project.objects.visible_to(user))


class Release(models.Model):
    """The folder is the release; this row says how it came to be and what its hash is."""

    State = ReleaseState
    project = models.ForeignKey(Project, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    filters = models.JSONField(default=dict)
    recipe = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=ReleaseState.choices, default=ReleaseState.QUEUED)
    error = models.CharField(max_length=500, blank=True)
    digest = models.CharField("manifest id", max_length=64, blank=True)
    manifest = models.JSONField(default=dict)
    parent = models.ForeignKey("self", models.PROTECT, null=True)
    created_by = models.ForeignKey(User, models.PROTECT)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="release_number_once"),
            one_of("state", ReleaseState, name="release_state_known"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"release {self.number}"


class ReleaseRowKind(models.TextChoices):
    """Kind of a release row."""

    PREFERENCE = "preference"
    SFT = "sft"
    STEPWISE = "stepwise"


class ReleaseRow(models.Model):
    """History: which answers and which consensus stand behind one exported row."""

    Kind = ReleaseRowKind
    release = models.ForeignKey(Release, models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=10, choices=ReleaseRowKind.choices)
    key = models.CharField("pair id or row id", max_length=220)
    split = models.CharField(max_length=5)
    sha256 = models.CharField(max_length=64)
    item = models.ForeignKey(Item, models.PROTECT, null=True)
    annotations = ArrayField(models.BigIntegerField())
    consensus = models.ForeignKey(Consensus, models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "kind", "key"], name="release_row_once"),
            one_of("kind", ReleaseRowKind, name="release_row_kind_known"),
        ]
