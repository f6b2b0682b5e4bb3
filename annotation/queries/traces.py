"""Traces for reading and finding."""

from typing import Any

from django.db.models import Count, QuerySet

from annotation.models import Project, Trace
from annotation.queries import cards, comparisons
from flywheel.records import Step

CONTENT = ("messages", "steps", "tools", "metadata")


def listed(project: Project, *, policy: int | None, outcome: str, state: str, task: str) -> QuerySet[Trace]:
    """The project's traces without their content; empty filters do not filter."""
    wanted = {"policy": policy, "outcome": outcome, "state": state, "task__istartswith": task}
    given = {name: value for name, value in wanted.items() if value not in (None, "")}
    return project.traces.filter(**given).select_related("policy").defer(*CONTENT)


def counts(project: Project) -> dict[str, int]:
    """How many traces are received, ready and quarantined."""
    rows = project.traces.values("state").annotate(n=Count("pk")).values_list("state", "n")
    return {state: 0 for state in Trace.State.values} | dict(rows)


def story(trace: Trace) -> dict[str, Any]:
    """The trace for reading: what was asked, each step as a card, and the tools it could call."""
    opening = comparisons.opening(trace.messages)
    steps = [Step(**step) for step in trace.steps]
    return {
        "asked": opening["asked"],
        "preamble": opening["preamble"],
        "cards": [cards.card(0, step, number) for number, step in enumerate(steps, start=1)],
        "tools": [tool.get("function", tool) for tool in trace.tools if isinstance(tool, dict)],
        "findings": list(trace.findings.order_by("path", "start")),
    }
