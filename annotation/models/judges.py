"""Judge: an LLM judge's configuration; Verdict: one of its answers on one ordered pair."""

from django.db import models

from annotation.models.constraints import one_of
from annotation.models.items import Item
from annotation.models.projects import Project


class JudgeProvider(models.TextChoices):
    """Provider of a judge."""

    EMBEDDING = "embedding"
    ENDPOINT = "endpoint"
    LIKELIHOOD = "likelihood"
    IMPORTED = "imported"


class Judge(models.Model):
    """The key itself is never stored: `api_key_env` names the variable that holds it."""

    Provider = JudgeProvider
    project = models.ForeignKey(Project, models.CASCADE, related_name="judges")
    name = models.CharField(max_length=80)
    provider = models.CharField(max_length=10, choices=JudgeProvider.choices)
    model = models.CharField(max_length=200, blank=True)
    base_url = models.URLField(blank=True)
    api_key_env = models.CharField(max_length=80, blank=True)
    prompt_version = models.CharField(max_length=80, blank=True)
    settings = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    is_automatic = models.BooleanField("may decide without a person", default=False)
    gate = models.JSONField("last check against gold", null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="judge_name_once_per_project"),
            one_of("provider", JudgeProvider, name="judge_provider_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Verdict(models.Model):
    """`first` is the side index shown first; `label` is already un-displayed."""

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="verdicts")
    item = models.ForeignKey(Item, models.CASCADE, related_name="verdicts")
    first = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=8)
    probability = models.FloatField("P(side 0 is better)")
    reason = models.TextField(blank=True)
    prompt_version = models.CharField(max_length=80, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    latency_ms = models.FloatField(default=0)
    cost = models.FloatField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judge", "item", "first"], name="verdict_once_per_order"),
            models.CheckConstraint(
                condition=models.Q(label__in=["a", "b", "tie", "both_bad"]), name="verdict_label_known"
            ),
            models.CheckConstraint(
                condition=models.Q(probability__gte=0, probability__lte=1), name="verdict_probability_valid"
            ),
        ]
