"""A release: an immutable folder of training rows whose manifest says what is in it, why, and from which answers.

The manifest's id is the sha256 of its canonical form (RFC 8785) without id, time and host: the same rows, pins and
code give the same bytes and the same id.
"""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import rfc8785

from flywheel.datasets import card, files, splits
from flywheel.datasets.rows import Row, Rows
from flywheel.datasets.splits import Split
from flywheel.records import JSON, BadInput

FORMAT = "flywheel-release/1"
UNHASHED = ("id", "created_at", "host")
RULES = {"tie": "excluded", "both_bad": "excluded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSpec:
    """What the caller pins: names, filters, recipe, seed, versions, and the ids of the frozen inputs.

    `flip_rate` is the measured probability that a label is the wrong way round; `recipe` adds to the rules written here.
    """

    name: str
    seed: int = 0
    test_share: float = 0.1
    filters: Mapping[str, JSON] = field(default_factory=dict)
    recipe: Mapping[str, JSON] = field(default_factory=dict)
    code_version: str = ""
    scanner_version: str = ""
    judge_version: str = ""
    parent: str | None = None
    annotations: Sequence[str] = ()
    consensus: Sequence[str] = ()
    demonstrations: Sequence[str] = ()
    findings: Sequence[str] = ()
    verdicts: Sequence[str] = ()
    flip_rate: float | None = None
    licence: str = "Not stated: ask the owner of the project before passing this data on."
    created_at: datetime | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A release's id and the whole manifest as it stands in manifest.json."""

    id: str
    document: dict[str, JSON]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a release would hold: rows and tasks per split, sources, and what is left out by reason."""

    rows: dict[str, dict[str, int]]
    tasks: dict[str, int]
    sources: dict[str, int]
    excluded: dict[str, int]


def preview(rows: Rows, spec: ReleaseSpec) -> Preview:
    """Counts of what `write` would write, without writing."""
    sides = splits_of(rows, seed=spec.seed, test_share=spec.test_share)
    return Preview(
        rows={kind: _counted(sides[row.task] for row in of_kind) for kind, of_kind in _kinds(rows).items()},
        tasks=_counted(sides.values()),
        sources=_counted(row.source for of_kind in _kinds(rows).values() for row in of_kind),
        excluded=_counted(row.reason for row in rows.excluded),
    )


def write(folder: Path, *, rows: Rows, spec: ReleaseSpec) -> Manifest:
    """Write the release and return its manifest; writing the same release again changes nothing.

    The folder appears in one step when all is in it. BadInput: no rows, an id twice, or another release in its place.
    """
    _refuse_unusable(rows)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        manifest = _fill(draft, rows, spec)
        _publish(draft, folder, manifest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def remove(folder: Path) -> None:
    """Delete a release folder nobody relies on, in one step, and drafts of it that an interrupted `write` left."""
    if folder.exists():
        folder.rename(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    for draft in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(draft, ignore_errors=True)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release folder; BadInput if there is none or it is no manifest."""
    try:
        document = json.loads((folder / "manifest.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"{folder} is no release folder: it has no manifest.json.") from None
    except ValueError:
        raise BadInput(f"{folder}/manifest.json is not JSON; create the release again.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or not _is_whole(document):
        raise BadInput(f"{folder}/manifest.json is not a {FORMAT} manifest; create the release again.")
    return Manifest(str(document.get("id")), document)


def _is_whole(document: Mapping[str, JSON]) -> bool:
    """Whether the parts that every reader of a manifest relies on are there."""
    listed, excluded = document.get("files"), document.get("excluded")
    return (
        isinstance(document.get("name"), str)
        and isinstance(excluded, dict)
        and isinstance(listed, dict)
        and all(isinstance(entry, dict) and {"sha256", "rows"} <= entry.keys() for entry in listed.values())
    )


def canonical_id(document: Mapping[str, JSON]) -> str:
    """sha256 of the canonical manifest without id, time and host; BadInput for what RFC 8785 cannot write."""
    hashed = {key: value for key, value in document.items() if key not in UNHASHED}
    try:
        return sha256(rfc8785.dumps(hashed)).hexdigest()
    except rfc8785.CanonicalizationError as problem:
        raise BadInput(f"The manifest cannot be written as canonical JSON: {problem}.") from problem


def splits_of(rows: Rows, *, seed: int, test_share: float) -> dict[str, Split]:
    """The split of every task. Pairs come first, so that they have a test set even if only few tasks have pairs."""
    judged = {row.task for row in rows.preference}
    rest = {row.task for of_kind in (rows.sft, rows.stepwise) for row in of_kind} - judged
    assign = partial(splits.assign, seed=seed, test_share=test_share)
    return assign(judged) | assign(rest)


def _kinds(rows: Rows) -> dict[str, Sequence[Row]]:
    return {"preference": rows.preference, "sft": rows.sft, "stepwise": rows.stepwise}


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _refuse_unusable(rows: Rows) -> None:
    if not any(_kinds(rows).values()):
        counts = _counted(row.reason for row in rows.excluded)
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.items())
        raise BadInput(f"There is nothing to release: no row is left ({reasons or 'none was given'}).")
    for kind, of_kind in _kinds(rows).items():
        twice = [name for name, count in Counter(files.name(row) for row in of_kind).items() if count > 1]
        if twice:
            raise BadInput(f"The {kind} rows hold the id {twice[0]!r} twice; give every row its own id.")


def _fill(draft: Path, rows: Rows, spec: ReleaseSpec) -> Manifest:
    sides, counts = splits_of(rows, seed=spec.seed, test_share=spec.test_share), preview(rows, spec)
    listed: dict[str, JSON] = {}
    for kind, of_kind in _kinds(rows).items():
        for split in ("train", "test"):
            listed |= _write_rows(draft, f"{kind}/{split}", [row for row in of_kind if sides[row.task] == split])
    (draft / "excluded.jsonl").write_bytes(files.excluded_jsonl(rows.excluded))
    listed["excluded.jsonl"] = _entry(draft / "excluded.jsonl", len(rows.excluded))
    document = _document(spec, counts)
    (draft / "README.md").write_text(card.render(document), encoding="utf-8")
    listed["README.md"] = _entry(draft / "README.md", None)
    document["files"] = listed
    document["id"] = canonical_id(document)
    (draft / "manifest.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Manifest(document["id"], document)


def _write_rows(draft: Path, stem: str, rows: Sequence[Row]) -> dict[str, JSON]:
    # `load_dataset` refuses an empty file, so a split without rows has none.
    if not rows:
        return {}
    plain, lines, table = files.ordered(rows), draft / f"{stem}.jsonl", draft / f"{stem}.parquet"
    lines.parent.mkdir(exist_ok=True)
    lines.write_bytes(files.jsonl(plain))
    files.write_parquet(table, lines.parent.name, plain)
    return {f"{stem}.jsonl": _entry(lines, len(rows)), f"{stem}.parquet": _entry(table, len(rows))}


def _entry(path: Path, rows: int | None) -> dict[str, JSON]:
    return {"sha256": files.digest(path), "bytes": path.stat().st_size, "rows": rows}


def _document(spec: ReleaseSpec, counts: Preview) -> dict[str, JSON]:
    split = {"by": "task", "seed": spec.seed, "test_share": spec.test_share}
    return {
        "format": FORMAT,
        "name": spec.name,
        "scope": "step",
        "seed": spec.seed,
        "filters": dict(spec.filters),
        "recipe": {**RULES, "scope": "step", "split": split, **spec.recipe},
        "flip_rate": spec.flip_rate,
        "licence": spec.licence,
        "parent": spec.parent,
        "versions": {
            "code": spec.code_version,
            "scanner": spec.scanner_version,
            "judge": spec.judge_version,
            "pyarrow": pa.__version__,
        },
        "inputs": {
            "annotations": sorted(spec.annotations),
            "consensus": sorted(spec.consensus),
            "demonstrations": sorted(spec.demonstrations),
            "findings": sorted(spec.findings),
            "verdicts": sorted(spec.verdicts),
        },
        **asdict(counts),
        "created_at": spec.created_at.isoformat() if spec.created_at else None,
        "host": spec.host,
    }


def _publish(draft: Path, folder: Path, manifest: Manifest) -> None:
    if folder.exists():
        if read_manifest(folder).id != manifest.id:
            raise BadInput(f"{folder} already holds another release; releases are never changed, choose a new folder.")
        return
    draft.chmod(0o755)
    draft.rename(folder)
