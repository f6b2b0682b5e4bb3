"""pairs.jsonl: two answers to one prompt, a line each."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from flywheel.formats import messages as chat
from flywheel.formats import shape
from flywheel.records import JSON, BadInput, Pair

Record = TypeVar("Record")


def parse(obj: JSON) -> Pair:
    """A pair from its JSON object; without `cluster` the item is its own cluster."""
    if not isinstance(obj, dict):
        shape.refuse_type("A pair", "an object", obj)
    shape.check_json(obj)
    item = shape.identifier(obj.get("item"), "item")
    cluster = obj.get("cluster")
    return Pair(
        item=item,
        cluster=item if cluster is None else shape.label(cluster, "cluster", shape.TASK_LENGTH),
        prompt=_told(obj, "prompt"),
        a=_told(obj, "a"),
        b=_told(obj, "b"),
        generator_a=_name(obj, "generator_a"),
        generator_b=_name(obj, "generator_b"),
        topic=_label(obj, "topic"),
        queue=_label(obj, "queue"),
        features=_features(shape.mapping(obj.get("features"), "features")),
    )


def _told(obj: dict[str, JSON], name: str) -> JSON:
    """A text or a list of messages; which roles it must hold is for the reader of the messages to say."""
    if obj.get(name) is None:
        raise BadInput(f"{name} is missing; send text or a list of messages.")
    value = obj[name]
    return value if isinstance(value, str) else list(chat.check_prompt(value, name))


def _name(obj: dict[str, JSON], name: str) -> str | None:
    return None if obj.get(name) is None else shape.identifier(obj[name], name)


def _label(obj: dict[str, JSON], name: str) -> str | None:
    return None if obj.get(name) is None else shape.label(obj[name], name, shape.TASK_LENGTH)


def _features(values: dict[str, JSON]) -> dict[str, float]:
    found = {name: shape.number(value, f"features/{name}") for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def dump(pair: Pair) -> dict[str, JSON]:
    """The pair as a JSON object; `parse` gives the same pair back."""
    found = {"item": pair.item, "cluster": pair.cluster, "prompt": pair.prompt, "a": pair.a, "b": pair.b}
    optional = {
        "generator_a": pair.generator_a,
        "generator_b": pair.generator_b,
        "topic": pair.topic,
        "queue": pair.queue,
        "features": dict(pair.features),
    }
    return found | {name: value for name, value in optional.items() if value}


def read(path: Path) -> list[Pair]:
    """The pairs of a file, each item once; raises BadInput naming the first bad line."""
    found = read_lines(path, parse)
    places: dict[str, int] = {}
    for number, pair in enumerate(found, start=1):
        if pair.item in places:
            raise BadInput(f"{path}: item {pair.item} stands in records {places[pair.item]} and {number}; keep one.")
        places[pair.item] = number
    return found


def read_lines(path: Path, parse_one: Callable[[JSON], Record]) -> list[Record]:
    """The records of a JSON lines file, blank lines skipped; raises BadInput naming the first bad line."""
    with path.open("rb") as lines:
        return list(_parsed(lines, path, parse_one))


def _parsed(lines: Iterable[bytes], path: Path, parse_one: Callable[[JSON], Record]) -> Iterable[Record]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield parse_one(json.loads(line))
        except BadInput as problem:
            raise BadInput(f"{path}, line {number}: {problem}") from problem
        except (ValueError, RecursionError):
            raise BadInput(f"{path}, line {number} is not JSON; put one object on each line.") from None
