"""`release check`: does a release folder hold what its manifest says, and can a trainer use it?"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from flywheel.datasets import files
from flywheel.datasets import messages as chat
from flywheel.datasets.release import canonical_id, read_manifest
from flywheel.records import JSON

ANSWERS = {"preference": ("chosen", "rejected"), "sft": ("completion",)}
IDS = {"preference": "pair_id", "sft": "row_id", "stepwise": "row_id"}


def check(folder: Path) -> list[str]:
    """All problems of a release folder, one sentence each; [] if it is sound. BadInput if it is no release folder."""
    manifest = read_manifest(folder)
    problems = [] if canonical_id(manifest.document) == manifest.id else ["manifest.json: its id is not its hash."]
    listed = manifest.document.get("files", {})
    problems += list(_file_problems(folder, listed))
    tasks: dict[str, set[str]] = {"train": set(), "test": set()}
    for path in sorted(listed):
        kind, _, file = path.partition("/")
        if kind in files.COLUMNS and path.endswith(".jsonl") and (folder / path).is_file():
            problems += _row_problems(folder, path, kind, listed[path]["rows"], tasks[file.removesuffix(".jsonl")])
    shared = tasks["train"] & tasks["test"]
    return problems + [f"Task {task!r} is in train and in test." for task in sorted(shared)]


def _file_problems(folder: Path, listed: dict[str, JSON]) -> Iterator[str]:
    inside = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"manifest.json"}
    for path in sorted(listed.keys() - inside):
        yield f"{path}: is missing."
    for path in sorted(inside - listed.keys()):
        yield f"{path}: is not in the manifest."
    for path in sorted(inside & listed.keys()):
        if files.digest(folder / path) != listed[path]["sha256"]:
            yield f"{path}: was changed, its sha256 is not the manifest's."


def _row_problems(folder: Path, path: str, kind: str, expected: int, tasks: set[str]) -> Iterator[str]:
    try:
        rows = [json.loads(line) for line in (folder / path).read_bytes().splitlines()]
        twin = files.read_parquet((folder / path).with_suffix(".parquet"))
    except (ValueError, FileNotFoundError, pa.ArrowInvalid) as problem:
        yield f"{path}: cannot be read, nor compared with its Parquet file ({problem})."
        return
    if len(rows) != expected:
        yield f"{path}: has {len(rows)} rows, the manifest says {expected}."
    if rows != twin:
        yield f"{path}: its Parquet file holds other rows."
    for number, row in enumerate(rows, start=1):
        yield from (f"{path} line {number}: {problem}" for problem in _problems_of(row, kind))
        tasks.add(row.get("task", ""))
    names = Counter(row.get(IDS[kind]) for row in rows)
    yield from (f"{path}: the id {name!r} is there {count} times." for name, count in names.items() if count > 1)


def _problems_of(row: dict[str, Any], kind: str) -> Iterator[str]:
    if missing := [column for column in files.COLUMNS[kind] if column not in row]:
        yield f"the columns {', '.join(missing)} are missing."
        return
    yield from _stepwise_problems(row) if kind == "stepwise" else _answer_problems(row, kind)


def _stepwise_problems(row: dict[str, Any]) -> Iterator[str]:
    if not row["prompt"] or not row["completions"] or not all(row["completions"]):
        yield "a prompt and its steps need words."
    if not len(row["completions"]) == len(row["labels"]) == len(row["steps"]):
        yield "there are not as many labels and numbers as steps."


def _answer_problems(row: dict[str, Any], kind: str) -> Iterator[str]:
    answers = [row[column] for column in ANSWERS[kind]]
    if not row["prompt"] or any(len(answer) != 1 for answer in answers):
        yield "a prompt needs one message or more, an answer exactly one."
        return
    if any(message.get("role") not in chat.ROLES for message in row["prompt"]):
        yield "the prompt has an unknown role."
    if any(answer[0].get("role") != "assistant" for answer in answers):
        yield "an answer is not the assistant's."
        return
    if any(chat.is_empty(answer[0]) for answer in answers):
        yield "an answer is empty."
    if len(answers) == 2 and chat.same(answers[0][0], answers[1][0]):
        yield "chosen and rejected are the same."
