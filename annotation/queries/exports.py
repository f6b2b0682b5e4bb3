"""What the API gives out beside votes and pairs: the history of answers, preferences as of now, figures of a report."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from annotation.models import Annotation, Policy, Project, Report
from annotation.queries import bias, preferences
from flywheel.datasets.rows import PreferenceRow, correction_rows, preference_row

STREAM = 2000


def answers(project: Project, *, names: bool) -> Iterator[dict[str, Any]]:
    """Every answer, skip and withdrawal ever given, oldest first; without names, annotators are annotator-<number>.

    `answer` and `policies` are in undisplayed sides (a, b, …), `order` is what this person saw first, second, …
    """
    policies = {policy.pk: str(policy) for policy in Policy.objects.filter(project=project)}
    rows = Annotation.objects.filter(item__queue__project=project).order_by("pk")
    found = rows.select_related("annotator", "item", "guideline", "superseded_by")
    for row in found.iterator(STREAM):
        yield {
            "id": row.pk,
            "item": str(row.item_id),
            "queue": row.item.queue_id,
            "task": row.item.task,
            "annotator": row.annotator.get_username() if names else f"annotator-{row.annotator_id}",
            "round": row.round,
            "kind": row.kind,
            "answer": row.answer,
            "skip_reason": row.skip_reason,
            "order": row.order,
            "policies": [policies[policy] for policy in row.policies],
            "batch": row.batch_id,
            "selected_by": row.selected_by,
            "propensity": row.propensity,
            "guideline": row.guideline.version if row.guideline else None,
            "is_judge_visible": row.is_judge_visible,
            "supersedes": row.supersedes_id,
            "is_current": not hasattr(row, "superseded_by"),
            "shown_at": row.shown_at.isoformat(),
            "answered_at": row.answered_at.isoformat(),
            "active_seconds": row.active_seconds,
        }


def preference_rows(project: Project) -> Iterator[dict[str, Any]]:
    """The rows of preference/*.jsonl that a release without filters would hold now: pairs, then corrections."""
    everything = preferences.answers(project, preferences.Filters())
    for _, _, pair in preferences.judged_pairs(everything):
        row = preference_row(pair)
        if isinstance(row, PreferenceRow):
            yield asdict(row)
    for _, correction in preferences.corrections(everything):
        corrected, _ = correction_rows(correction)
        if isinstance(corrected, PreferenceRow):
            yield asdict(corrected)


def report_numbers(report: Report, *, names: bool) -> dict[str, Any]:
    """The figures of a report; without names, annotators are annotator-<number>."""
    numbers: dict[str, Any] = report.numbers
    if names or "humans" not in numbers:
        return numbers
    humans = numbers["humans"]
    shown = bias.pseudonyms(report.project, humans["ties"])
    ties = {shown[name]: share for name, share in humans["ties"].items()}
    return {**numbers, "humans": {**humans, "ties": ties}}
