"""A small world that every command can say something about, and the kinds of garbage that it can be turned into."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]
Rows = list[Row]
World = tuple[Rows, Rows]
Change = Callable[[Rows, Rows], World]

POLICIES = ("base@1", "sft@1", "dpo@1", "dpo@2", "gpt-4@1")
PEOPLE, JUDGES = "xyz", ("gpt-4", "other")


def world(items: int = 90, seed: int = 3) -> World:
    """Votes of three people, two judges and known answers, and pairs with all that a pair may tell.

    90 items are enough for every part of every report but calibration, which takes 100.
    """
    rng = np.random.default_rng(seed)
    votes: Rows = []
    pairs = []
    for number in range(items):
        a, b = rng.choice(len(POLICIES), 2, replace=False)
        item, truth, other = f"i{number:03d}", *("ab" if a > b else "ba")
        pairs.append(_pair(item, number, POLICIES[a], POLICIES[b], rng))
        at = f"2026-{1 + number * 3 // items:02d}-{1 + number % 27:02d}T"
        for place, name in enumerate(PEOPLE):
            label = "tie" if rng.random() < 0.05 else truth if rng.random() < 0.8 else other
            seconds, sitting = float(rng.uniform(5, 60)), f"{name}-{number // 20}"
            votes.append(
                {"item": item, "rater": name, "kind": "human", "label": label, "first": "ab"[rng.integers(2)],
                 "seconds": seconds, "at": f"{at}{8 + place:02d}:{number % 60:02d}:00Z", "sitting": sitting}
            )  # fmt: skip
        for name in JUDGES:
            for first in "ab":
                chance = float(np.clip((0.8 if truth == "a" else 0.2) + 0.2 * rng.normal(), 0.01, 0.99))
                votes.append(
                    {"item": item, "rater": name, "kind": "judge", "label": "ab"[chance < 0.5], "first": first,
                     "at": f"{at}07:00:00Z", "probability": chance, "version": "v1" if 2 * number < items else "v2"}
                )  # fmt: skip
        if number % 4 == 0:
            votes.append({"item": item, "rater": "gold", "kind": "human", "label": truth, "gold": True})
    return votes, pairs


def _pair(item: str, number: int, one: str, other: str, rng: np.random.Generator) -> Row:
    words = rng.integers(3, 50, 2)
    return {
        "item": item, "cluster": f"c{number // 2}", "prompt": "q", "a": "# h\n" + "word " * words[0], "b": "word " * words[1],
        "generator_a": one, "generator_b": other, "topic": f"t{number % 2}", "queue": f"q{number % 3}",
        "features": {"cost": float(rng.normal())},
    }  # fmt: skip


def number(row: Row) -> int:
    """Which item the row is of."""
    return int(row["item"][1:])


def is_person(row: Row) -> bool:
    return row["kind"] == "human"


def votes_with(**fields: Any) -> Change:
    """Fields of every vote set, by a function of the vote or as they are; None removes one."""
    return lambda votes, pairs: ([_set(vote, fields) for vote in votes], pairs)


def pairs_with(**fields: Any) -> Change:
    """Fields of every pair set."""
    return lambda votes, pairs: (votes, [_set(pair, fields) for pair in pairs])


def _set(row: Row, fields: Row) -> Row:
    given = {name: value(row) if callable(value) else value for name, value in fields.items()}
    return {name: value for name, value in (row | given).items() if value is not None}


def only(keep: Callable[[Row], bool]) -> Change:
    return lambda votes, pairs: ([vote for vote in votes if keep(vote)], pairs)


def each(change: Callable[[int, Row], Row]) -> Change:
    """Every vote changed by its place."""
    return lambda votes, pairs: ([change(place, vote) for place, vote in enumerate(votes)], pairs)


def judged(value: Callable[[Row], float]) -> Change:
    """Probabilities of the judges' verdicts."""
    return votes_with(probability=lambda vote: None if is_person(vote) else value(vote))


def drawn(value: Callable[[Row], float | None]) -> Change:
    """Propensities of people's votes."""
    return votes_with(propensity=lambda vote: value(vote) if is_person(vote) else None)


WORDS = {"a": "left", "b": "right"}
NUMBERS = {"a": "1", "b": "1.0"}
LAST = "9999-12-31T23:59:59.999999Z"

VOTES: dict[str, Change] = {
    "all ties": votes_with(label="tie", probability=None),
    "one label": votes_with(label="a", probability=None),
    "people of one label": votes_with(label=lambda v: "a" if is_person(v) else v["label"]),
    "judges of one label": votes_with(label=lambda v: v["label"] if is_person(v) else "a", probability=None),
    "judges of first place": votes_with(label=lambda v: v["label"] if is_person(v) else v["first"], probability=None),
    "words for sides": votes_with(label=lambda v: WORDS.get(v["label"], v["label"])),
    "labels that break lines": votes_with(label=lambda v: v["label"] + "\n\x1b[31m"),
    "labels that are one number": votes_with(label=lambda v: NUMBERS.get(v["label"], "01")),
    "one rater": only(lambda v: v["rater"] == "x"),
    "no people": only(lambda v: not is_person(v)),
    "no judges": only(is_person),
    "only known answers": only(lambda v: bool(v.get("gold"))),
    "only repeats": votes_with(round=1),
    "one vote": only(lambda v: number(v) == 0 and v["rater"] == "x"),
    "two items": only(lambda v: number(v) < 2),
    "nobody shares an item": only(lambda v: not is_person(v) or v["rater"] == PEOPLE[number(v) % 3]),
    "a rater for each vote": each(lambda k, v: v | {"rater": f"r{k}"} if is_person(v) else v),
    "a judge for each verdict": each(lambda k, v: v if is_person(v) else v | {"rater": f"j{k}"}),
    "weights of nothing": votes_with(weight=0),
    "weights far apart": votes_with(weight=lambda v: [0, 1e6, 1e-300][number(v) % 3]),
    "nobody says what was first": only(lambda v: is_person(v) or v["first"] == "a"),
    "no seconds at all": votes_with(seconds=0),
    "endless seconds": votes_with(seconds=lambda v: 1e300 if number(v) % 2 else 1),
    "one moment": votes_with(at="2026-01-01T00:00:00Z", sitting="s"),
    "the first and the last year": votes_with(at=lambda v: LAST if number(v) % 2 else "0001-01-01T00:00:00Z"),
    "a sitting for each vote": each(lambda k, v: v | {"sitting": f"s{k}"}),
    "judges that are sure": judged(lambda v: float(v["label"] == "a")),
    "judges that are sure and wrong": judged(lambda v: float(v["label"] != "a")),
    "judges that never know": judged(lambda v: 0.5),
    "few probabilities": judged(lambda v: 0.7 if number(v) % 5 else None),
    "propensities far apart": drawn(lambda v: [1, 1e-9, 0.5][number(v) % 3]),
    "one propensity": drawn(lambda v: 0.5 if number(v) == 0 else None),
    "a version for each verdict": each(lambda k, v: v | {"version": f"v{k}"}),
    "known answers of no label": votes_with(label=lambda v: "maybe" if v.get("gold") else v["label"]),
    "crowds on one item": each(lambda k, v: v | {"item": "i000", "rater": f"{v['rater']}{k}"} if is_person(v) else v),
}
PAIRS: dict[str, Change] = {
    "no pairs": lambda votes, pairs: (votes, []),
    "unknown items": lambda votes, pairs: (votes, pairs[:40]),
    "a pair twice": lambda votes, pairs: (votes, [*pairs, pairs[0]]),
    "one prompt": pairs_with(cluster="one"),
    "five prompts": pairs_with(cluster=lambda p: f"c{number(p) % 5}"),
    "no policies": pairs_with(generator_a=None, generator_b=None),
    "one policy": pairs_with(generator_a="p@1", generator_b="p@1"),
    "policies that never meet": pairs_with(
        generator_a=lambda p: f"a@{number(p) % 4}", generator_b=lambda p: f"b@{number(p) % 4}"
    ),
    "policies that stand once": pairs_with(
        generator_a=lambda p: f"a@{number(p)}", generator_b=lambda p: f"b@{number(p)}"
    ),
    "policies without names": pairs_with(generator_a="@", generator_b="@@"),
    "judges against themselves": pairs_with(generator_a="gpt-4", generator_b="other"),
    "no topics": pairs_with(topic=None, queue=None),
    "a topic for each pair": pairs_with(topic=lambda p: p["item"], queue=lambda p: p["item"]),
    "topics that break lines": pairs_with(topic=lambda p: f"t\n\x1b[31m{number(p) % 2}"),
    "empty texts": pairs_with(a="", b="", prompt=""),
    "same texts": pairs_with(a="x", b="x"),
    "features beyond reason": pairs_with(features=lambda p: {"cost": (-1) ** number(p) * 1e300}),
    "a feature of one pair": pairs_with(features=lambda p: {"cost": 1.0} if number(p) == 3 else {}),
    "features by other names": pairs_with(features=lambda p: {"verbosity": float(number(p)), "position": 1.0}),
    "a feature for each pair": pairs_with(features=lambda p: {f"f{number(p)}": 1.0}),
}  # fmt: skip


def written(path: Path, rows: Sequence[Row | str]) -> str:
    """The rows as JSON lines in a file."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_bytes("\n".join(lines).encode(errors="surrogateescape"))
    return str(path)
