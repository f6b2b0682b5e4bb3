"""Computes reports from the project's votes and stores them. Runs in workers only."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from django.db import transaction

from annotation.actions.claims import draw
from annotation.code_version import code_version
from annotation.models import Project, Report
from annotation.queries import report_data, reports
from annotation.queries.votes import cut_now
from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from flywheel.records import NotEnoughData, Pair, Vote
from flywheel.stats.annotator_report import annotators_report
from flywheel.stats.policy_report import policies_report
from flywheel.stats.reports import agreement_report, bias_report

# What the commands of each kind compute.
COMPUTED: dict[str, Callable[[list[Vote], list[Pair], np.random.Generator], dict[str, Any]]] = {
    "bias": lambda votes, pairs, rng: bias_report(votes, pairs, rng=rng),
    "people": lambda votes, pairs, rng: annotators_report(votes, pairs, rng=rng),
    "agreement": lambda votes, pairs, rng: agreement_report(votes, pairs, rng=rng),
    "win-rate": lambda votes, pairs, _: policies_report(votes, pairs),
}


Record = TypeVar("Record")


@transaction.atomic
def build(*, project: Project, kind: str, now: datetime) -> Report:
    """Compute a report as its command would from its files; reproducible from the seed and the cut.

    The same numbers of the same votes and code are one report, however often they are computed.
    """
    cut = cut_now(project)
    votes, data_hash = read(report_data.vote_lines(project, cut), vote_format.parse)
    pairs, texts_hash = read(report_data.pair_lines(project, kind, cut), pair_format.parse)
    seed = int(draw(project.seed, kind, len(votes)) * 2**31)
    fresh = Report(
        project=project,
        kind=kind,
        parameters={"votes": len(votes), "items": len(pairs), "texts_hash": texts_hash},
        seed=seed,
        data_hash=data_hash,
        cut=asdict(cut),
        code_version=code_version(),
        numbers=numbers(kind, votes, pairs, seed),
        created_at=now,
    )
    # Locked, so that of two workers with the same numbers one stores them.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest = reports.latest(project, kind)
    if newest is not None and content(newest) == content(fresh):
        return newest
    fresh.save()
    return fresh


def numbers(kind: str, votes: list[Vote], pairs: list[Pair], seed: int) -> dict[str, Any]:
    """What the command would print; where nothing can be computed at all, why."""
    try:
        found = COMPUTED[kind](votes, pairs, np.random.default_rng(seed))
    except NotEnoughData as lacking:
        found = {"not_possible": [{"what": kind, "why": str(lacking)}]}
    told: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return told


def read(lines: Iterator[str], parse: Callable[[Any], Record]) -> tuple[list[Record], str]:
    """The records of a file of JSON lines, and the hash of its bytes."""
    found: list[Record] = []
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
        found.append(parse(json.loads(line)))
    return found, digest.hexdigest()


def content(report: Report) -> tuple[Any, ...]:
    """All that a report says; when it was computed is not part of it."""
    return report.parameters, report.seed, report.data_hash, report.code_version, report.numbers
