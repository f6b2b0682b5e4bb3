"""The rows of a release as a trainer takes them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, Json, List, Value

from flywheel.datasets.check import check
from flywheel.datasets.release import read_manifest
from flywheel.records import BadInput

Row = dict[str, Any]
TRAINED = ("prompt", "chosen", "rejected", "completion")


@dataclass(frozen=True, slots=True)
class Data:
    """A sound release in memory."""

    id: str
    preference: dict[str, list[Row]]
    sft: dict[str, list[Row]]


def load(folder: Path) -> Data:
    """The rows of a release by split; BadInput if it is not sound."""
    manifest = read_manifest(folder)
    if problems := check(folder):
        raise BadInput(f"The release {folder} is damaged, create it again: {problems[0]}")
    kinds = {
        kind: {split: _read(folder / kind / f"{split}.jsonl") for split in ("train", "test")}
        for kind in ("preference", "sft")
    }
    return Data(manifest.id, **kinds)


def dataset(rows: Sequence[Row]) -> Dataset:
    """The columns a trainer reads, with their types given: guessed types would turn dates in arguments into times."""
    columns = [column for column in TRAINED if column in rows[0]]
    kinds = Features({**{column: List(Json()) for column in columns}, "tools": Value("string")})
    return Dataset.from_list([{column: row[column] for column in kinds} for row in rows], features=kinds)


def imitable(data: Data) -> list[Row]:
    """What a model is warmed up on: the release's answers to imitate or, if there are none, the chosen sides."""
    chosen = [row | {"completion": row["chosen"], "row_id": row["pair_id"]} for row in data.preference["train"]]
    wanted = ("prompt", "completion", "tools", "row_id")
    return [{column: row[column] for column in wanted} for row in data.sft["train"] or chosen]


def texts(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """All words of the rows, for a tokenizer to learn from."""
    for row in rows:
        for message in (message for column in TRAINED for message in row.get(column, ())):
            yield message["content"]
            yield from (json.dumps(call["function"], ensure_ascii=False) for call in message.get("tool_calls", ()))


def _read(path: Path) -> list[Row]:
    # A split without rows has no file.
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
