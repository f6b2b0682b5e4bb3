"""Builds a release's folder and freezes its rows. Runs in workers only."""

import hashlib
import json
import tempfile
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from annotation.actions import consensus as weighing
from annotation.actions import events
from annotation.code_version import code_version
from annotation.models import Annotation, Consensus, Finding, Release, ReleaseRow, Verdict
from annotation.queries import preferences, releases
from annotation.queries.preferences import Pins
from annotation.queries.releases import Collected
from flywheel.datasets import files
from flywheel.datasets import release as folders
from flywheel.datasets.release import Manifest, ReleaseSpec
from flywheel.datasets.rows import Rows
from flywheel.judging.deciding import Decider, Sway
from flywheel.records import BadInput, Estimate
from flywheel.sanitise.detectors import DETECTORS

MAJORITY = "majority"  # of the votes on the whole of a ranking


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
    pins = preferences.taken(release.project, releases.parsed(release.filters))
    found, method = collected(release, pins)
    manifest = write(folder(release), release=release, found=found, pins=pins, method=method)
    freeze_rows(release, found, splits_of(manifest, found.rows), method=method, now=now)
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


def collected(release: Release, pins: Pins) -> tuple[Collected, str]:
    """(rows and exclusions, how votes were weighed): of what is pinned alone, so that a rebuild gives the same."""
    weighed = weighing.weighed(Annotation.objects.filter(pk__in=pins.annotations), doubted=pins.doubted)
    return releases.collected(releases.parsed(release.filters), pins, weighed.posteriors), weighed.method


def freeze_rows(release: Release, found: Collected, sides: dict[str, str], *, method: str, now: datetime) -> None:
    """Every row, with the answers and the consensus behind it."""
    consensus = stored_consensus(found, method=method, now=now)
    kinds = ReleaseRow.Kind
    rows: list[tuple[str, files.Row]] = [(kinds.PREFERENCE, row) for row in found.rows.preference]
    rows += [(kinds.SFT, row) for row in found.rows.sft]
    rows += [(kinds.STEPWISE, row) for row in found.rows.stepwise]
    ReleaseRow.objects.bulk_create(
        ReleaseRow(
            release=release,
            kind=kind,
            key=files.name(row),
            split=sides[row.task],
            sha256=text_digest(json.dumps(asdict(row), sort_keys=True)),
            item_id=found.items.get(files.name(row)),
            annotations=[int(answer) for answer in row.annotation_ids],
            consensus=consensus.get(files.name(row)),
        )
        for kind, row in rows
    )


def stored_consensus(found: Collected, *, method: str, now: datetime) -> dict[str, Consensus]:
    """pair id → what the votes on its item came to, as rows of one aggregation run."""
    run_id = uuid.uuid4()
    by_item = {found.items[pair_id]: majority for pair_id, majority in found.majorities.items()}
    rows = Consensus.objects.bulk_create(
        Consensus(
            run=run_id,
            item_id=item,
            method=majority.source or (method if majority.weighed else MAJORITY),
            label=majority.label,
            posterior=majority.posterior,
            n=majority.n,
            created_at=now,
        )
        for item, majority in by_item.items()
    )
    of_item = dict(zip(by_item, rows, strict=True))
    return {pair_id: of_item[found.items[pair_id]] for pair_id in found.majorities}


def write(path: Path, *, release: Release, found: Collected, pins: Pins, method: str) -> Manifest:
    """The folder of these rows."""
    return folders.write(path, rows=found.rows, spec=spec(release, found, pins, method))


def spec(release: Release, found: Collected, pins: Pins, method: str) -> ReleaseSpec:
    """What the manifest pins. Consensus is pinned by its method and who was in doubt: it follows from the answers."""
    judges = Verdict.objects.filter(pk__in=pins.verdicts).values_list("judge__name", "prompt_version").distinct()
    return ReleaseSpec(
        name=f"{release.project.slug}-{release.number}",
        seed=release.seed,
        test_share=release.recipe["test_share"],
        filters=release.filters,
        recipe=recipe(found, pins, method),
        code_version=code_version(),
        scanner_version=scanner_version(pins),
        judge_version=", ".join(sorted(f"{name} {version}".strip() for name, version in judges)),
        parent=release.parent.digest if release.parent else None,
        annotations=texts(pins.annotations),
        demonstrations=texts(pins.demonstrations),
        findings=texts(pins.findings),
        verdicts=texts(pins.verdicts),
        licence=release.project.settings.get(
            "licence", "Not stated: ask the owner of the project before passing it on."
        ),
        created_at=release.created_at,
    )


def recipe(found: Collected, pins: Pins, method: str) -> dict[str, Any]:
    """How votes were weighed, and what was known of the judges that decided alone, with the rows that each decided."""
    counts = Counter(name for row in found.rows.preference for name in found.judges.get(row.pair_id, ()))
    judges = {
        name: {
            "accuracy": asdict(judge.accuracy),
            "sways": {feature: asdict(sway) for feature, sway in judge.sways.items()},
            "rows": counts[name],
        }
        for name, judge in pins.deciders.items()
    }
    told: dict[str, Any] = {"consensus": method}
    return told | ({"doubted": sorted(pins.doubted)} if pins.doubted else {}) | ({"judges": judges} if judges else {})


def pinned(manifest: dict[str, Any]) -> Pins:
    """The pins of a manifest."""
    kinds = ("annotations", "verdicts", "findings", "demonstrations")
    judges = manifest["recipe"].get("judges", {})
    return Pins(
        **{kind: frozenset(map(int, manifest["inputs"][kind])) for kind in kinds},
        doubted=frozenset(manifest["recipe"].get("doubted", [])),
        deciders={name: decider(name, told) for name, told in judges.items()},
    )


def decider(name: str, told: dict[str, Any]) -> Decider:
    """A judge as it was known when the release was made."""
    sways = {feature: Sway(**sway) for feature, sway in told["sways"].items()}
    return Decider(name, Estimate(**told["accuracy"]), sways)


def scanner_version(pins: Pins) -> str:
    """The detectors that every trace passed, and earlier versions that saw something in these."""
    seen = Finding.objects.filter(pk__in=pins.findings).values_list("detector", "version").distinct()
    known = {(detector.name, detector.version) for detector in DETECTORS}
    return ", ".join(f"{name} {version}" for name, version in sorted(known | set(seen)))


def texts(ids: Collection[int]) -> list[str]:
    """Ids as a manifest holds them."""
    return [str(pk) for pk in sorted(ids)]


def splits_of(manifest: Manifest, rows: Rows) -> dict[str, str]:
    """task → train or test, as the folder has it."""
    seed, share = manifest.document["seed"], manifest.document["recipe"]["split"]["test_share"]
    return dict(folders.splits_of(rows, seed=seed, test_share=share))


def text_digest(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


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
    """The manifest id that building a ready release again gives, from what it pins."""
    pins = pinned(release.manifest)
    found, method = collected(release, pins)
    with tempfile.TemporaryDirectory() as room:
        return write(Path(room) / "again", release=release, found=found, pins=pins, method=method).id
