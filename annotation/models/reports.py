"""Report: a stored statistical result that can be recomputed."""

from django.db import models

from annotation.models.projects import Project

# What computes each kind of report from its files.
COMMANDS = {
    "bias": "bias --votes votes.jsonl --pairs pairs.jsonl --seed {seed} --json",
    "people": "annotators --votes votes.jsonl --pairs pairs.jsonl --seed {seed} --json",
    "agreement": "agreement votes.jsonl --pairs pairs.jsonl --seed {seed} --json",
    "win-rate": "win-rate --votes votes.jsonl --pairs pairs.jsonl --each --json",
}


class Report(models.Model):
    """Pages read the newest report of a kind; workers make them. In `numbers` people are annotator-<id>."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    data_hash = models.CharField("sha256 of its votes.jsonl", max_length=64)
    cut = models.JSONField("the newest rows that were looked at", default=dict)
    code_version = models.CharField(max_length=60)
    numbers = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "kind", "-id"], name="report_newest")]

    @property
    def command(self) -> str:
        """What computes the numbers again from votes.jsonl and pairs.jsonl as they were."""
        return f"python -m flywheel {COMMANDS[self.kind].format(seed=self.seed)}"
