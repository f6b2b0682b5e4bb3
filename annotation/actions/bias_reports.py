"""Computes reports from the project's votes and stores them. Runs in workers only."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from annotation.actions.claims import draw
from annotation.code_version import code_version
from annotation.models import Project, Report
from annotation.queries import reports, votes
from flywheel.records import Pair
from flywheel.stats.reports import bias_report

BIAS = "bias"


@transaction.atomic
def build(*, project: Project, kind: str, now: datetime) -> Report:
    """Agreement among people and judges, position effects, and where they disagree; reproducible from the seed.

    The same numbers of the same votes and code are one report, however often they are computed.
    """
    given = list(votes.votes(project, names=True))
    # Texts are looked at where a judge and a person both spoke; of the others only the task is needed.
    texts = {pair.item: pair for pair in votes.pairs_of(votes.judged(project))}
    pairs = [
        texts.get(item) or Pair(item=item, cluster=task, prompt="", a="", b="")
        for item, task in votes.clustered(project)
    ]
    seed = int(draw(project.seed, kind, len(given)) * 2**31)
    numbers = bias_report(given, pairs, rng=np.random.default_rng(seed))
    data = json.dumps([asdict(vote) for vote in given], default=str, sort_keys=True)
    fresh = Report(
        project=project,
        kind=kind,
        parameters={"votes": len(given), "items": len(pairs)},
        seed=seed,
        data_hash=hashlib.sha256(data.encode()).hexdigest(),
        code_version=code_version(),
        numbers=json.loads(json.dumps(numbers)),
        created_at=now,
    )
    # Locked, so that of two workers with the same numbers one stores them.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest = reports.latest(project, kind)
    if newest is not None and content(newest) == content(fresh):
        return newest
    fresh.save()
    return fresh


def content(report: Report) -> tuple[Any, ...]:
    """All that a report says; when it was computed is not part of it."""
    return report.parameters, report.seed, report.data_hash, report.code_version, report.numbers
