"""The files of a release: JSON lines that load as they are, and the same rows as Parquet with their types written in."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flywheel.datasets.excluded import Excluded
from flywheel.datasets.rows import PreferenceRow, Row
from flywheel.records import BadInput

TEXT, NUMBER, COUNT = pa.string(), pa.float64(), pa.int64()
MESSAGES, TEXTS = pa.list_(pa.json_()), pa.list_(pa.string())
TRUTHS, COUNTS = pa.list_(pa.bool_()), pa.list_(pa.int64())
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "preference": {
        "prompt": MESSAGES,
        "chosen": MESSAGES,
        "rejected": MESSAGES,
        "tools": TEXT,
        "pair_id": TEXT,
        "task": TEXT,
        "weight": NUMBER,
        "flip_prob": NUMBER,
        "n_annotators": COUNT,
        "agreement": NUMBER,
        "judge_p": NUMBER,
        "propensity": NUMBER,
        "source": TEXT,
        "annotation_ids": TEXTS,
    },
    "sft": {
        "prompt": MESSAGES,
        "completion": MESSAGES,
        "tools": TEXT,
        "row_id": TEXT,
        "task": TEXT,
        "source": TEXT,
        "annotation_ids": TEXTS,
    },
    "stepwise": {
        "prompt": TEXT,
        "completions": TEXTS,
        "labels": TRUTHS,
        "steps": COUNTS,
        "row_id": TEXT,
        "task": TEXT,
        "source": TEXT,
        "annotation_ids": TEXTS,
    },
}
FEATURES: dict[pa.DataType, dict[str, Any]] = {
    TEXT: {"dtype": "string", "_type": "Value"},
    NUMBER: {"dtype": "float64", "_type": "Value"},
    COUNT: {"dtype": "int64", "_type": "Value"},
    MESSAGES: {"feature": {"_type": "Json"}, "_type": "List"},
    TEXTS: {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
    TRUTHS: {"feature": {"dtype": "bool", "_type": "Value"}, "_type": "List"},
    COUNTS: {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "List"},
}


def name(row: Row) -> str:
    """The id of a row, unique in its release."""
    return row.pair_id if isinstance(row, PreferenceRow) else row.row_id


def ordered(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as plain objects in an order that does not depend on how they came, shaped for `load_dataset("json")`.

    The loader infers types from the first rows, so those that know most come first. A message list must be seen to
    hold messages of different shapes, or the loader makes one record of them: arguments that are dates would become
    times, and a later row with a tool call could not be read. The first row says so with an empty `name`.
    """
    plain = sorted((asdict(row) for row in rows), key=_place)
    for column in ("prompt", "chosen", "rejected", "completion"):
        if plain and isinstance(plain[0].get(column), list):
            first, *rest = plain[0][column]
            plain[0][column] = [first | {"name": None}, *rest]
    return plain


def jsonl(rows: Iterable[dict[str, Any]]) -> bytes:
    """One JSON object a line; BadInput for values JSON has no word for."""
    try:
        return b"".join(_json(row).encode() + b"\n" for row in rows)
    except ValueError as problem:
        raise BadInput(
            f"A row cannot be written as JSON ({problem}); remove NaN, infinities and broken Unicode."
        ) from problem


def excluded_jsonl(excluded: Iterable[Excluded]) -> bytes:
    """excluded.jsonl: what was left out, by id."""
    return jsonl(asdict(row) for row in sorted(excluded, key=lambda row: (row.pair_id, row.reason, row.detail)))


def write_parquet(path: Path, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """The same rows as Parquet: fixed options, so the same rows and pyarrow give the same bytes; messages are JSON texts."""
    columns = COLUMNS[kind]
    features = {"info": {"features": {column: FEATURES[kind_of] for column, kind_of in columns.items()}}}
    arrays = [_array([row[column] for row in rows], kind_of) for column, kind_of in columns.items()]
    schema = pa.schema(list(columns.items()), metadata={"huggingface": json.dumps(features, sort_keys=True)})
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd", version="2.6", row_group_size=10_000
    )


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file of a release, messages parsed."""
    table = pq.read_table(path)
    lists = [
        field.name for field in table.schema if pa.types.is_list(field.type) and field.type.value_type == pa.json_()
    ]
    rows = table.to_pylist()
    return [row | {column: [json.loads(message) for message in row[column]] for column in lists} for row in rows]


def digest(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(row: dict[str, Any]) -> tuple[int, str, str]:
    known = sum(value is not None for value in row.values())
    return -known, row["task"], row["pair_id"] if "pair_id" in row else row["row_id"]


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind != MESSAGES:
        return pa.array(values, type=kind)
    texts = [[_json(message) for message in messages] for messages in values]
    return pa.array(texts, type=TEXTS).cast(MESSAGES)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
