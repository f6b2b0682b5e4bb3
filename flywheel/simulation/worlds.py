"""The worlds that `simulate` can write: planted truth beside the data, the same seed giving the same bytes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flywheel.records import JSON, BadInput
from flywheel.simulation import desk_world, planted
from flywheel.simulation.people import ANNOTATORS
from flywheel.simulation.planted import Files, Settings


@dataclass(frozen=True, slots=True)
class World:
    """A world: what it is for, its default size (items or tasks), human answers an item, people, and its judge."""

    make: Callable[[Settings], Files]
    purpose: str
    size: int
    overlap: int
    raters: int
    sharpness: float = 1.0
    position: float = 0.3
    length: float = 0.0


WORLDS: dict[str, World] = {
    "support-desk": World(
        desk_world.make,
        "agents, people and a biased judge",
        size=160,
        overlap=2,
        raters=len(ANNOTATORS),
        sharpness=1.6,
        position=0.4,
        length=0.5,
    ),
    "agreement": World(
        planted.agreement, "annotators good, careless and adverse", size=1000, overlap=5, raters=planted.ANNOTATORS
    ),
    "null-bias": World(
        planted.null_bias,
        "longer answers are better and the judge is fair",
        size=1500,
        overlap=2,
        raters=planted.RATERS,
    ),
    "position": World(
        planted.position,
        "a judge that favours what it sees first",
        size=1000,
        overlap=2,
        raters=planted.RATERS,
        sharpness=1.5,
        position=0.4,
    ),
}


def settings(
    name: str,
    seed: int = 0,
    size: int | None = None,
    overlap: int | None = None,
    sharpness: float | None = None,
    position: float | None = None,
    length: float | None = None,
) -> Settings:
    """The world's settings, its defaults standing where nothing is given; raises BadInput for an unknown world."""
    if name not in WORLDS:
        raise BadInput(f"There is no world {name}; choose one of {', '.join(WORLDS)}.")
    world = WORLDS[name]
    chosen = Settings(
        seed=seed,
        size=world.size if size is None else size,
        overlap=world.overlap if overlap is None else overlap,
        sharpness=world.sharpness if sharpness is None else sharpness,
        position=world.position if position is None else position,
        length=world.length if length is None else length,
    )
    if chosen.size < 1 or seed < 0:
        raise BadInput(f"The world {name} needs a size of at least 1 and a seed of at least 0.")
    if not 1 <= chosen.overlap <= world.raters:
        raise BadInput(
            f"The world {name} has {world.raters} people, so the overlap must lie between 1 and {world.raters}."
        )
    return chosen


def write(name: str, out: Path, chosen: Settings) -> dict[str, int]:
    """Write the world's files into `out`, made if missing; returns rows by file."""
    files = WORLDS[name].make(chosen)
    out.mkdir(parents=True, exist_ok=True)
    return {file: _write(out / file, content) for file, content in files.items()}


def _write(path: Path, content: JSON) -> int:
    """Lists as JSON lines, anything else as one document; returns the rows."""
    if not isinstance(content, list):
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 1
    lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in content)
    path.write_text("".join(lines), encoding="utf-8")
    return len(content)
