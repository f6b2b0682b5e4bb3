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
        split = file.removesuffix(".jsonl")
        if kind in files.COLUMNS and split != file and split in tasks and (folder / path).is_file():
            problems += _row_problems(folder, path, kind, listed[path]["rows"], tasks[split])
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
    whole = []
    for number, row in enumerate(rows, start=1):
        if wrong := _misshapen(row, kind):
            yield f"{path} line {number}: {wrong}"
            continue
        whole.append(row)
        yield from (f"{path} line {number}: {problem}" for problem in _problems_of(row, kind))
        tasks.add(row["task"])
    names = Counter(row[IDS[kind]] for row in whole)
    yield from (f"{path}: the id {name!r} is there {count} times." for name, count in names.items() if count > 1)


def _misshapen(row: JSON, kind: str) -> str | None:
    """Why nothing more can be said of a row: it lacks columns, or they hold something else than their type."""
    columns = files.COLUMNS[kind]
    if not isinstance(row, dict):
        return "it is no object."
    if missing := [column for column in columns if column not in row]:
        return f"the columns {', '.join(missing)} are missing."
    wrong = [column for column, of in columns.items() if not _is_of(row[column], of)]
    wrong += [column for column in ("task", IDS[kind]) if row[column] is None]
    return f"the columns {', '.join(wrong)} hold something else than they should." if wrong else None


def _is_of(value: JSON, kind: pa.DataType) -> bool:
    if kind == files.MESSAGES:
        return isinstance(value, list) and all(map(_is_message, value))
    if pa.types.is_list(kind):
        return isinstance(value, list)
    return value is None or isinstance(value, str if kind == files.TEXT else int | float)


def _is_message(value: JSON) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("content"), str) or "role" not in value:
        return False
    calls = value.get("tool_calls", [])
    return isinstance(calls, list) and all(isinstance(call, dict) and "function" in call for call in calls)


def _problems_of(row: dict[str, Any], kind: str) -> Iterator[str]:
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
