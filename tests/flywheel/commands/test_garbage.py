"""What cannot be used is refused in one sentence, and what is too little is said: never a traceback, never a wrong number."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from flywheel.__main__ import main

Row = dict[str, Any]


def vote(item: int, rater: str, label: str, kind: str = "human", **more: Any) -> Row:
    return {"item": f"i{item}", "rater": rater, "kind": kind, "label": label, **more}


def people(labels: str = "ab", raters: str = "xyz", items: int = 40) -> list[Row]:
    """Votes that change with item and rater, by turns."""
    return [
        vote(i, rater, labels[(i * (k + 2) // 2) % len(labels)]) for i in range(items) for k, rater in enumerate(raters)
    ]


def judge(items: int = 40, label: str | None = None) -> list[Row]:
    return [vote(i, "j", label or "ab"[i % 2], "judge", first=first) for i in range(items) for first in "ab"]


def pair(item: int, a: str = "one two", b: str = "three", **more: Any) -> Row:
    return {"item": f"i{item}", "cluster": f"c{item}", "prompt": "q", "a": a + " x" * (item % 5), "b": b, **more}


def pairs(items: int = 40, **more: Any) -> list[Row]:
    return [pair(item, **more) for item in range(items)]


VOTES: dict[str, Sequence[Row | str]] = {
    "nothing": [],
    "blank lines": ["", "  "],
    "no JSON": ["{"],
    "no text": ["\udcff\udcfe"],
    "a list": ["[1]"],
    "no label": [{"item": "i1", "rater": "x", "kind": "human"}],
    "a label of 10 MB": [vote(1, "x", "a" * 10_000_000)],
    "not a number": ['{"item": "i1", "rater": "x", "kind": "human", "label": "a", "weight": NaN}'],
    "an endless number": ['{"item": "i1", "rater": "x", "kind": "human", "label": "a", "weight": 1e999}'],
    "a negative weight": [vote(1, "x", "a", weight=-1)],
    "two votes": [vote(1, "x", "a"), vote(1, "x", "b")],
    "two known answers": [*people(), vote(1, "g", "a", gold=True), vote(1, "h", "b", gold=True)],
    "a thousand labels": [vote(i, rater, f"label {i}") for i in range(1000) for rater in "xy"],
    "deep nesting": ["[" * 100_000],
    "one rater": people(raters="x"),
    "one label": people(labels="a") + judge(label="a"),
    "all ties": [{**row, "label": "tie"} for row in people() + judge()],
    "one vote": [vote(1, "x", "a")],
    "no people": judge(),
    "only known answers": [vote(i, "g", "a", gold=True) for i in range(40)],
    "weights of nothing": [{**row, "weight": 0} for row in people()],
    "weights beyond reason": [{**row, "weight": 1e300} for row in people()],
    "nobody shares an item": [vote(i, f"p{i}", "ab"[i % 2]) for i in range(40)],
    "two circles of people": people(raters="xy", items=20) + [vote(i, r, "ab"[i % 2]) for i in range(50, 70) for r in "uv"],
    "words for sides": [{**row, "label": {"a": "left", "b": "right"}[row["label"]]} for row in people() + judge()],
}  # fmt: skip
REFUSED = {
    "nothing": "0 given, at least 1 needed",
    "blank lines": "0 given, at least 1 needed",
    "no JSON": "line 1 is not JSON",
    "no text": "line 1 is not JSON",
    "a list": "must be an object, not a list",
    "no label": "label is missing",
    "a label of 10 MB": "label has 10000000 characters",
    "not a number": "weight is nan",
    "an endless number": "weight is inf",
    "a negative weight": "weight must be at least 0",
    "two votes": "x voted twice on item i1",
    "a thousand labels": "1000 different labels",
    "deep nesting": "line 1 is not JSON",
}
COMMANDS = {"agreement": ["--json"], "aggregate": [], "bias": ["--json"]}


def written(path: Path, rows: Sequence[Row | str]) -> str:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_bytes("\n".join(lines).encode(errors="surrogateescape"))
    return str(path)


def called(command: str, votes: str, *more: str) -> int:
    options = [*COMMANDS[command], *(["--draws", "100"] if command != "aggregate" else []), *more]
    return main([command, *(["--votes"] if command == "bias" else []), votes, *options])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_vote_is_refused_in_one_sentence(command, name, tmp_path, capsys):
    code = called(command, written(tmp_path / "votes.jsonl", VOTES[name]))

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert REFUSED[name] in said.err and said.err.count("\n") == 1 and len(said.err) < 500


def not_finite(constant: str) -> float:
    raise ValueError(constant)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", set(VOTES) - set(REFUSED))
def test_what_is_too_little_gives_plain_numbers_or_a_reason(command, name, tmp_path, capsys):
    code = called(command, written(tmp_path / "votes.jsonl", VOTES[name]))

    said = capsys.readouterr()
    if code:
        assert code == 2 and said.err.count("\n") == 1
    else:
        for line in said.out.splitlines():
            json.loads(line, parse_constant=not_finite)


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("one rater", "alpha of humans"),
        ("one label", "alpha of humans"),
        ("all ties", "alpha of humans"),
        ("no people", "humans"),
        ("nobody shares an item", "alpha of humans"),
    ],
)
def test_agreement_that_cannot_be_known_is_not_claimed(name, lacks, tmp_path, capsys):
    called("agreement", written(tmp_path / "votes.jsonl", VOTES[name]))

    found = json.loads(capsys.readouterr().out)
    assert lacks in {gap["what"] for gap in found["not_possible"]}
    assert not any(found["humans"].get(figure) for figure in ("alpha", "mean_pairwise_kappa"))


@pytest.mark.parametrize(
    ("votes", "texts", "sentence"),
    [
        (people() + judge(), [], "item i0 and 39 more, which the pairs lack"),
        (people(items=41) + judge(), pairs(), "item i40, which the pairs lack"),
        (VOTES["words for sides"], pairs(), "answers on pairs need the labels a, b, tie, both_bad"),
        (people(), [*pairs(), pair(3)], "item i3 stands in records 4 and 41"),
        (people(), [json.dumps(pair(0, features={"cost": float("nan")}))], "features/cost is nan"),
        (people(), [pair(0, features={"cost": "dear"})], "features/cost must be a number"),
        (people(), ["{}"], "item is missing"),
    ],
)
def test_bias_names_what_does_not_fit_the_pairs(votes, texts, sentence, tmp_path, capsys):
    given = written(tmp_path / "votes.jsonl", votes)

    code = called("bias", given, "--pairs", written(tmp_path / "pairs.jsonl", texts))

    said = capsys.readouterr().err
    assert code == 2 and sentence in said and said.count("\n") == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "texts",
    [
        pairs(),
        pairs(features={"cost": 1e300, "speed": 1.0}),
        [pair(i, features={"cost": (-1) ** i * 1e300, "speed": i * 1e-300}) for i in range(40)],
        [{**pair(i), "a": "", "b": ""} for i in range(40)],
        [{**pair(i), "cluster": "one"} for i in range(40)],
    ],
    ids=["few", "huge and the same", "huge", "empty texts", "one cluster"],
)
def test_bias_with_odd_features_says_what_it_cannot_tell(texts, tmp_path, capsys):
    given = written(tmp_path / "votes.jsonl", people() + judge())

    assert called("bias", given, "--pairs", written(tmp_path / "pairs.jsonl", texts)) == 0

    found = json.loads(capsys.readouterr().out, parse_constant=not_finite)
    assert found["not_possible"]
    for told in found["judges"]["j"]["features"].values():
        assert told["verdict"] in ("underpowered", "inconclusive")


@pytest.mark.parametrize(
    "text",
    ["word " * 2_000_000, "\n" * 10_000_000, "*" * 10_000_000, "`" * 5 + "x" * 10_000_000],
    ids=["words", "line breaks", "stars", "code"],
)
def test_texts_of_ten_megabytes_take_seconds(text, tmp_path, capsys):
    texts = [pair(0, a=text), *pairs()[1:]]
    given = written(tmp_path / "votes.jsonl", people() + judge())

    assert called("bias", given, "--pairs", written(tmp_path / "pairs.jsonl", texts)) == 0

    assert json.loads(capsys.readouterr().out)["judges"]["j"]["features"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["agreement", "no-such-file"], "no file no-such-file"),
        (["agreement", "."], "Is a directory"),
        (["aggregate", "votes.jsonl", "--out", "."], "Is a directory"),
        (["agreement", "votes.jsonl", "--metric", "interval"], "needs labels that are numbers"),
    ],
)
def test_files_and_options_that_do_not_fit_are_named(words, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "votes.jsonl", people())

    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--draws", "0"), ("--draws", "many"), ("--seed", "-1")])
def test_options_out_of_range_are_usage_errors(option, value, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["agreement", written(tmp_path / "votes.jsonl", people()), option, value])

    assert stop.value.code == 2 and option in capsys.readouterr().err
