"""Every command that reads votes, on every kind of garbage: a sentence, or figures that claim no more than can be known."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from flywheel.__main__ import main
from tests.flywheel.commands import garbage

ON_VOTES = {
    "aggregate": "aggregate VOTES",
    "annotators": "annotators --votes VOTES --json",
    "rank": "rank VOTES --json",
    "alt-test": "alt-test VOTES --json",
    "win-rate": "win-rate --votes VOTES --json",
    "agreement by numbers": "agreement VOTES --metric interval --draws 100 --json",
}
ON_PAIRS = {
    "agreement": "agreement VOTES --pairs PAIRS --draws 100 --json",
    "bias": "bias --votes VOTES --pairs PAIRS --draws 100 --json",
    "annotators by pairs": "annotators --votes VOTES --pairs PAIRS --json",
    "rank policies": "rank VOTES --pairs PAIRS --json",
    "rank plainly": "rank VOTES --pairs PAIRS --plain --json",
    "win-rate of one": "win-rate --votes VOTES --pairs PAIRS --of sft@1 --json",
    "win-rate of each": "win-rate --votes VOTES --pairs PAIRS --each --json",
}
CHANGES = garbage.VOTES | garbage.PAIRS
CELLS = [(name, command) for name in CHANGES for command in (ON_VOTES if name in garbage.VOTES else {}) | ON_PAIRS]
# Where no width or size is out of place: medians of equal seconds, places that are certain, odds among nothing but ties.
FREE = {"seconds", "place", "tie"}
LARGEST, ROUNDING = 1e4, 1e-9


def not_finite(constant: str) -> float:
    raise ValueError(constant)


def figures(found: Any, name: str = "") -> Iterator[tuple[str, dict[str, float]]]:
    """All {value, low, high, n} of a report by name."""
    if isinstance(found, dict) and {"value", "low", "high", "n"} <= found.keys():
        yield name, found
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in inner:
        yield from figures(value, str(key))


def chances(found: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All p-values of a report by name."""
    if isinstance(found, float) and (name == "p" or name.endswith("_p") or name == "p_adjusted"):
        yield name, found
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in inner:
        yield from chances(value, str(key))


def claims_too_much(name: str, figure: dict[str, float]) -> bool:
    low, value, high = figure["low"], figure["value"], figure["high"]
    if not low - ROUNDING <= value <= high + ROUNDING:
        return True
    return name not in FREE and (low == high or max(abs(low), abs(high)) > LARGEST)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Callable[[str], dict[str, str]]:
    """The files of each kind of garbage, written once."""
    small, large = garbage.world(), garbage.world(104)

    @cache
    def of(name: str) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("garbage")
        votes, pairs = CHANGES[name](*(large if name.startswith("judges") else small))
        return {
            "VOTES": garbage.written(folder / "votes.jsonl", votes),
            "PAIRS": garbage.written(folder / "pairs.jsonl", pairs),
        }

    return of


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "command"), CELLS)
def test_garbage_gives_a_sentence_or_figures_that_claim_no_more_than_can_be_known(name, command, files, capsys):
    given = files(name)

    code = main([given.get(word, word) for word in (ON_VOTES | ON_PAIRS)[command].split()])

    said = capsys.readouterr()
    if code:
        assert (code, said.out) == (2, "")
        assert said.err.count("\n") == 1 and said.err.endswith(".\n") and said.err[:-1].isprintable()
        return
    for line in said.out.splitlines():
        found = json.loads(line, parse_constant=not_finite)
        assert [one for one in figures(found) if claims_too_much(*one)] == []
        assert [one for one in chances(found) if not 0 <= one[1] <= 1] == []
