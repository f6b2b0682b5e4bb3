"""votes.jsonl: one answer a line, whoever gave it."""

from pathlib import Path
from typing import Literal, cast

from flywheel.formats import shape
from flywheel.formats.pairs import read_lines
from flywheel.records import JSON, BadInput, Vote

LABEL_LENGTH = 200  # characters
# Beyond these one vote drowns all others, and sums lose what the others say.
LARGEST_WEIGHT, SMALLEST_PROPENSITY = 1e6, 1e-9


def parse(obj: JSON) -> Vote:
    """A vote from its JSON object. `gold` marks a known answer: its label is the truth, whoever is named as rater."""
    if not isinstance(obj, dict):
        shape.refuse_type("A vote", "an object", obj)
    shape.check_json(obj)
    sitting = obj.get("sitting")
    return Vote(
        item=shape.identifier(obj.get("item"), "item"),
        rater=shape.identifier(obj.get("rater"), "rater"),
        kind=_kind(obj.get("kind")),
        label=shape.label(obj.get("label"), "label", LABEL_LENGTH),
        first=_first(obj.get("first")),
        seconds=shape.number(obj.get("seconds"), "seconds", least=0),
        at=shape.moment(obj.get("at"), "at"),
        weight=_weight(obj.get("weight")),
        round=shape.count(obj.get("round"), "round") or 0,
        sitting=None if sitting is None else shape.identifier(sitting, "sitting"),
        gold=_gold(obj.get("gold")),
        probability=_chance(obj.get("probability"), "probability"),
        propensity=_propensity(obj.get("propensity")),
        version=None if obj.get("version") is None else shape.label(obj["version"], "version", LABEL_LENGTH),
    )


def _kind(value: JSON) -> Literal["human", "judge"]:
    if value not in ("human", "judge"):
        raise BadInput('kind must be "human" or "judge".')
    return cast('Literal["human", "judge"]', value)


def _first(value: JSON) -> Literal["a", "b"] | None:
    if value not in ("a", "b", None):
        raise BadInput('first must be "a" or "b", the side that was shown first, or be left out.')
    return cast('Literal["a", "b"] | None', value)


def _gold(value: JSON) -> bool:
    if value is not None and not isinstance(value, bool):
        shape.refuse_type("gold", "true or false", value)
    return bool(value)


def _weight(value: JSON) -> float:
    found = shape.number(value, "weight", least=0)
    if found is not None and found > LARGEST_WEIGHT:
        raise BadInput(f"weight must be at most {LARGEST_WEIGHT:g}, not {found:g}.")
    return 1.0 if found is None else found


def _chance(value: JSON, name: str) -> float | None:
    found = shape.number(value, name, least=0)
    if found is not None and found > 1:
        raise BadInput(f"{name} must be at most 1, not {found:g}.")
    return found


def _propensity(value: JSON) -> float | None:
    found = _chance(value, "propensity")
    if found is not None and found < SMALLEST_PROPENSITY:
        raise BadInput(
            f"propensity must be above 0, at least {SMALLEST_PROPENSITY:g}, not {found:g}; leave it out where the item was not drawn by chance."
        )
    return found


def dump(vote: Vote) -> dict[str, JSON]:
    """The vote as a JSON object; `parse` gives the same vote back."""
    found: dict[str, JSON] = {"item": vote.item, "rater": vote.rater, "kind": vote.kind, "label": vote.label}
    optional: dict[str, JSON] = {
        "first": vote.first,
        "seconds": vote.seconds,
        "at": vote.at and vote.at.isoformat(),
        "weight": None if vote.weight == 1.0 else vote.weight,
        "round": vote.round or None,
        "sitting": vote.sitting,
        "gold": vote.gold or None,
        "probability": vote.probability,
        "propensity": vote.propensity,
        "version": vote.version,
    }
    return found | {name: value for name, value in optional.items() if value is not None}


def read(path: Path) -> list[Vote]:
    """The votes of a file; raises BadInput naming the first bad line."""
    return read_lines(path, parse)
