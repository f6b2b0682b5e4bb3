"""Computes reports from the project's votes and stores them. Runs in workers only."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime

import numpy as np
from django.db import transaction

from annotation.actions.claims import draw
from annotation.code_version import code_version
from annotation.models import Project, Report
from annotation.queries import votes
from flywheel.records import Pair
from flywheel.stats.reports import bias_report

BIAS = "bias"


@transaction.atomic
def build(*, project: Project, kind: str, now: datetime) -> Report:
    """Agreement among people and judges, position effects, and where they disagree; reproducible from the seed."""
    given = list(votes.votes(project, names=True))
    clusters = [
        Pair(item=str(item), cluster=task, prompt="", a="", b="")
        for item, task in votes.clusters(project).values_list("pk", "task")
    ]
    seed = int(draw(project.seed, kind, len(given)) * 2**31)
    numbers = bias_report(given, clusters, rng=np.random.default_rng(seed))
    data = json.dumps([asdict(vote) for vote in given], default=str, sort_keys=True)
    return Report.objects.create(
        project=project,
        kind=kind,
        parameters={"votes": len(given), "items": len(clusters)},
        seed=seed,
        data_hash=hashlib.sha256(data.encode()).hexdigest(),
        code_version=code_version(),
        numbers=numbers,
        created_at=now,
    )
