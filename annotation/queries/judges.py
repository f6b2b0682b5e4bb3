"""Judges with what is known about them."""

from typing import Any

from django.db.models import Count, Sum

from annotation.models import Project
from annotation.queries import reports


def listed(project: Project) -> list[dict[str, Any]]:
    """Each judge with its verdicts, its cost, its check on known answers, and its part of the newest bias report."""
    newest = reports.latest(project, "bias")
    measured = newest.numbers.get("judges", {}) if newest else {}
    rows = project.judges.annotate(n_verdicts=Count("verdicts"), cost=Sum("verdicts__cost")).order_by("name")
    return [
        {
            "judge": judge,
            "gate": judge.gate,
            "is_fit": (judge.gate or {}).get("sentence", "").startswith("accepted"),
            "bias": (measured.get(judge.name) or {}).get("position"),
            "agreement": (measured.get(judge.name) or {}).get("agreement"),
        }
        for judge in rows
    ]
