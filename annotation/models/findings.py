"""Finding: what a sanitiser saw in a trace (never the value)."""

from django.db import models

from annotation.models.traces import Trace


class Finding(models.Model):
    """Start and end count characters of the text at `path` as received."""

    trace = models.ForeignKey(Trace, models.CASCADE, related_name="findings")
    detector = models.CharField(max_length=80)
    version = models.CharField(max_length=80)
    kind = models.CharField(max_length=80)
    path = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    action = models.CharField(max_length=8)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trace", "path", "start", "end", "kind", "version"], name="finding_once_per_span"
            )
        ]
