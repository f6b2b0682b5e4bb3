"""The champion, and how the policies came to be."""

from typing import Any

from annotation.models import Deployment, Policy, Project, Report
from annotation.models.deployments import DeploymentKind


def champion(project: Project) -> Policy | None:
    """The policy of the newest deployment."""
    newest = project.deployments.select_related("policy").first()
    return newest.policy if newest else None


def before(deployment: Deployment) -> Policy | None:
    """The champion that a roll-back of this deployment returns to.

    Rolling back twice goes back two steps, not to and fro: promotions and roll-backs are replayed as a stack.
    """
    stack: list[Policy] = []
    history = deployment.project.deployments.filter(pk__lte=deployment.pk).select_related("policy").order_by("pk")
    for row in history:
        if row.kind == DeploymentKind.PROMOTE:
            stack.append(row.policy)
        else:
            stack.pop()
    return stack[-2] if len(stack) > 1 else None


def candidates(project: Project) -> list[Policy]:
    """Trained policies that were never champion, newest first."""
    found = project.policies.filter(origin=Policy.Origin.TRAINED, deployments__isnull=True)
    return list(found.select_related("run", "release").order_by("-pk"))


def lineage(policy: Policy) -> list[dict[str, Any]]:
    """policy, run, release and annotations behind it, nearest first, on to its parents."""
    chain = []
    current: Policy | None = policy
    while current is not None:
        release = current.release
        chain.append(
            {
                "policy": current,
                "run": current.run,
                "release": release,
                "answers": len({a for row in release.rows.values_list("annotations", flat=True) for a in row})
                if release
                else 0,
            }
        )
        current = current.parent
    return chain


def win_rates(report: Report) -> list[dict[str, Any]]:
    """Rows of the table of win rates: each policy by people alone, then corrected from each judge."""
    return [
        {"policy": name, "against": found["against"], **row}
        for name, found in sorted(report.numbers.get("policies", {}).items())
        for row in (
            *([{"by": "people alone", "label": f"{name}: people", **found["humans"]}] if found["humans"] else []),
            *(by_judge(name, judge, told) for judge, told in sorted(found["judges"].items())),
        )
    ]


def by_judge(policy: str, judge: str, told: dict[str, Any]) -> dict[str, Any]:
    """A policy's win rate from a judge's many verdicts, corrected by people's answers."""
    return {
        "by": f"{judge}, corrected by people",
        "label": f"{policy}: {judge}",
        "gain": told.get("gain"),
        "judge_alone": told["judge_alone"],
        "humans_alone": told["humans_alone"],
        **told["win_rate"],
    }
