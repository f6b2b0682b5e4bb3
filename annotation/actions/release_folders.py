"""Builds a release's folder and freezes its rows. Runs in workers only."""

import hashlib
import json
import tempfile
import uuid
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from annotation.actions import events
from annotation.code_version import code_version
from annotation.models import Consensus, Finding, Release, ReleaseRow, Verdict
from annotation.queries import releases
from annotation.queries.preferences import Pins
from annotation.queries.releases import Collected
from flywheel.datasets import release as folders
from flywheel.datasets import splits
from flywheel.datasets.release import Manifest, ReleaseSpec
from flywheel.datasets.rows import PreferenceRow, Rows, SftRow
from flywheel.records import BadInput

METHOD = "majority"


def folder(release: Release) -> Path:
    """Where the release lies."""
    return Path(settings.RELEASES_DIR) / str(release.pk)


def run(*, release: int, now: datetime) -> None:
    """Build the release, or mark it failed with one sentence; one that is ready or failed stays as it is."""
    Release.objects.filter(pk=release, state=Release.State.QUEUED).update(state=Release.State.BUILDING)
    try:
        freeze(release, now=now)
    except BadInput as problem:
        fail(release, sentence=str(problem), now=now)


def unfinished(pk: int) -> Release | None:
    """The release, locked until the transaction ends; None once it is ready or failed."""
    rows = Release.objects.select_for_update(of=("self",), no_key=True).select_related(
        "project", "parent", "created_by"
    )
    return rows.filter(pk=pk, state__in=[Release.State.QUEUED, Release.State.BUILDING]).first()


@transaction.atomic
def freeze(pk: int, *, now: datetime) -> None:
    """Consensus, rows, folder and state commit together; two workers take turns, and the second has nothing to do."""
    release = unfinished(pk)
    if release is None:
        return
    # Of a worker that died before its commit; answers and verdicts may have come since, so it is made anew.
    folders.remove(folder(release))
    found = releases.collected(release.project, releases.parsed(release.filters))
    consensus = stored_consensus(found, now=now)
    verdicts = list(
        Verdict.objects.filter(item__in=[item.pk for item, _, _ in found.judged]).values_list("pk", flat=True)
    )
    manifest = write(folder(release), release=release, found=found, verdicts=verdicts)
    sides = splits_of(manifest, found.rows)
    rows: list[PreferenceRow | SftRow] = [*found.rows.preference, *found.rows.sft]
    ReleaseRow.objects.bulk_create(frozen_row(release, row, sides[row.task], consensus) for row in rows)
    release.state, release.digest, release.manifest = Release.State.READY, manifest.id, manifest.document
    release.finished_at = now
    release.save(update_fields=["state", "digest", "manifest", "finished_at"])
    events.record(
        "release.ready",
        project=release.project_id,
        actor=release.created_by,
        now=now,
        subject=release.pk,
        digest=manifest.id,
    )


def stored_consensus(found: Collected, *, now: datetime) -> dict[str, Consensus]:
    """pair id → what the votes on it came to, as rows of one aggregation run."""
    run_id = uuid.uuid4()
    rows = Consensus.objects.bulk_create(
        Consensus(
            run=run_id,
            item=item,
            method=METHOD,
            label=majority.label,
            posterior=majority.posterior,
            n=majority.n,
            created_at=now,
        )
        for item, majority, _ in found.judged
    )
    return {pair.pair_id: row for (_, _, pair), row in zip(found.judged, rows, strict=True)}


def write(path: Path, *, release: Release, found: Collected, verdicts: list[int]) -> Manifest:
    """The folder of these rows."""
    rows = found.rows
    return folders.write(
        path,
        preference=rows.preference,
        sft=rows.sft,
        excluded=rows.excluded,
        spec=spec(release, found, verdicts),
    )


def spec(release: Release, found: Collected, verdicts: list[int]) -> ReleaseSpec:
    """What the manifest pins. Consensus is pinned by its method: it follows from the answers named here."""
    traces = {side.trace_id for item, _, _ in found.judged for side in item.sides.all()}
    findings = Finding.objects.filter(trace__in=traces).order_by("pk")
    judges = Verdict.objects.filter(pk__in=verdicts).values_list("judge__name", "prompt_version").distinct()
    return ReleaseSpec(
        name=f"{release.project.slug}-{release.number}",
        seed=release.seed,
        test_share=release.recipe["test_share"],
        filters=release.filters,
        recipe={"consensus": METHOD},
        code_version=code_version(),
        scanner_version=", ".join(sorted({f"{f.detector} {f.version}" for f in findings})),
        judge_version=", ".join(sorted(f"{name} {version}".strip() for name, version in judges)),
        parent=release.parent.digest if release.parent else None,
        annotations=[str(pk) for pk in found.annotations],
        findings=[str(finding.pk) for finding in findings],
        verdicts=[str(pk) for pk in verdicts],
        licence=release.project.settings.get(
            "licence", "Not stated: ask the owner of the project before passing it on."
        ),
        created_at=release.created_at,
    )


def splits_of(manifest: Manifest, rows: Rows) -> dict[str, str]:
    """task → train or test, as the folder has it."""
    seed, share = manifest.document["seed"], manifest.document["recipe"]["split"]["test_share"]
    judged = {row.task for row in rows.preference}
    rest = {row.task for row in rows.sft} - judged
    return dict(splits.assign(judged, seed=seed, test_share=share) | splits.assign(rest, seed=seed, test_share=share))


def text_digest(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def frozen_row(
    release: Release, row: PreferenceRow | SftRow, split: str, consensus: dict[str, Consensus]
) -> ReleaseRow:
    """What stands behind one exported row."""
    key = row.pair_id if isinstance(row, PreferenceRow) else row.row_id
    behind = consensus.get(key)
    return ReleaseRow(
        release=release,
        kind="preference" if isinstance(row, PreferenceRow) else "sft",
        key=key,
        split=split,
        sha256=text_digest(json.dumps(asdict(row), sort_keys=True)),
        item_id=behind.item_id if behind else None,
        annotations=[int(answer) for answer in row.annotation_ids],
        consensus=behind,
    )


@transaction.atomic
def fail(pk: int, *, sentence: str, now: datetime) -> None:
    """Say why there is no release."""
    release = unfinished(pk)
    if release is None:
        return
    release.state, release.error, release.finished_at = Release.State.FAILED, sentence[:500], now
    release.save(update_fields=["state", "error", "finished_at"])
    events.record("release.failed", project=release.project_id, actor=release.created_by, now=now, subject=release.pk)


def rebuilt_digest(release: Release) -> str:
    """The manifest id that building a ready release again gives, from the answers and verdicts it pins."""
    inputs = release.manifest["inputs"]
    pins = Pins(frozenset(map(int, inputs["annotations"])), frozenset(map(int, inputs["verdicts"])))
    found = releases.collected(release.project, releases.parsed(release.filters), pins)
    with tempfile.TemporaryDirectory() as room:
        return write(Path(room) / "again", release=release, found=found, verdicts=sorted(pins.verdicts)).id
