"""Promote and roll back: append-only deployments; the newest names the champion."""

from datetime import datetime

from django.db import connection, transaction

from annotation.actions import events
from annotation.errors import Invalid, Refused
from annotation.models import Deployment, Policy, Project, User
from annotation.models.deployments import DeploymentKind
from annotation.queries import policies


class AlreadyChampion(Refused):
    """The policy is the champion already."""

    type = "already-champion"


class NothingToRollBackTo(Refused):
    """No earlier champion."""

    type = "nothing-to-roll-back-to"


@transaction.atomic
def promote(*, policy: Policy, by: User, reason: str, now: datetime) -> Deployment:
    """Make a policy the champion, saying why."""
    return deploy(policy=policy, kind=DeploymentKind.PROMOTE, by=by, reason=reason, now=now)


@transaction.atomic
def roll_back(*, project: Project, by: User, reason: str, now: datetime) -> Deployment:
    """Make the champion before this one champion again, saying why."""
    lock(project)
    newest = project.deployments.select_related("policy").first()
    if newest is None or (before := policies.before(newest)) is None:
        raise NothingToRollBackTo("There is no earlier champion to go back to.")
    return deploy(policy=before, kind=DeploymentKind.ROLLBACK, by=by, reason=reason, now=now)


def deploy(*, policy: Policy, kind: str, by: User, reason: str, now: datetime) -> Deployment:
    """Add the deployment; one at a time per project."""
    lock(policy.project)
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise Invalid("Say why, in at most 500 characters: the next person will want to know.")
    current = policies.champion(policy.project)
    if current == policy:
        raise AlreadyChampion(f"{policy} is the champion already.")
    deployment = Deployment.objects.create(
        project=policy.project, policy=policy, previous=current, kind=kind, reason=reason, by=by, created_at=now
    )
    verb = "policy.promoted" if kind == DeploymentKind.PROMOTE else "policy.rolled_back"
    events.record(verb, project=policy.project, actor=by, now=now, subject=policy.pk, reason=reason)
    return deployment


def lock(project: Project) -> None:
    """Two promotions of one project take turns."""
    with connection.cursor() as sql:
        sql.execute("SELECT pg_advisory_xact_lock(%s, %s)", [7412, project.pk % 2**31])
