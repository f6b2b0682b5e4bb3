"""`convert` and `sanitise` as a person runs them."""

import gzip
import io
import json
from pathlib import Path

import pytest

from flywheel.__main__ import main

PAIR = {"item": "i1", "prompt": "q", "a": "mail jo@x.com", "b": "from 10.0.0.7"}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A file with one good pair and two bad lines."""
    path = tmp_path / "pairs.jsonl"
    path.write_text(f"{json.dumps(PAIR)}\nnot json\n" + json.dumps({"item": "i2"}) + "\n", encoding="utf-8")
    return path


def records(path: Path) -> list[dict]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_convert_writes_the_good_records_and_tells_of_the_bad(pairs, tmp_path, capsys):
    code = main(["convert", str(pairs), str(tmp_path / "out.jsonl"), "--from", "pairs"])

    said = capsys.readouterr()
    assert code == 1
    assert [record["id"] for record in records(tmp_path / "out.jsonl")] == ["i1-a", "i1-b"]
    assert [line.split(":")[0] for line in said.err.splitlines()] == ["record 2", "record 3"]
    assert "written 2" in said.out and "refused 2" in said.out


def test_convert_of_a_good_file_exits_with_nought_and_converts_back(pairs, tmp_path, capsys):
    good = gzip.compress(pairs.read_bytes().splitlines()[0])
    pairs.write_bytes(good)
    out = tmp_path / "out.jsonl"

    assert main(["convert", str(pairs), str(out), "--from", "pairs", "--to", "pairs", "--json"]) == 0

    assert records(out) == [{"cluster": "i1", **PAIR}]
    assert json.loads(capsys.readouterr().out) == {"written": 1, "refused": 0, "findings": []}


def test_convert_reads_standard_input(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(PAIR).encode())))

    assert main(["convert", "-", str(tmp_path / "out.jsonl"), "--from", "pairs"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "native"], "No record could be used (3 refused)"),
        (["--from", "tau-bench", "--to", "pairs"], "hold no pairs"),
        (["--policy", "nameless"], "name@version"),
    ],
)
def test_nothing_usable_is_bad_input_and_leaves_the_old_file(arguments, sentence, pairs, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    out.write_text("old", encoding="utf-8")

    assert main(["convert", str(pairs), str(out), *arguments]) == 2

    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "pairs.jsonl"]


def test_a_missing_file_is_named(tmp_path, capsys):
    assert main(["convert", str(tmp_path / "none"), str(tmp_path / "out")]) == 2
    assert "none" in capsys.readouterr().err


def test_sanitise_masks_counts_and_writes_findings_without_values(pairs, tmp_path, capsys):
    out, told = tmp_path / "out.jsonl", tmp_path / "findings.jsonl"

    code = main(["sanitise", str(pairs), str(out), "--from", "pairs", "--findings", str(told)])

    a, b = records(out)
    assert code == 1
    assert a["messages"][-1]["content"] == "mail [EMAIL_1]"
    assert b["messages"][-1]["content"] == "from 10.0.0.7"
    assert {(found["trace"], found["kind"], found["action"]) for found in records(told)} == {
        ("i1-a", "EMAIL", "masked"),
        ("i1-b", "IP", "reported"),
    }
    assert "jo@x.com" not in told.read_text(encoding="utf-8") + capsys.readouterr().out


def test_sanitise_masks_addresses_when_told_and_changes_nothing_the_second_time(pairs, tmp_path):
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"

    main(["sanitise", str(pairs), str(once), "--from", "pairs", "--mask-ip"])
    code = main(["sanitise", str(once), str(twice), "--mask-ip"])

    assert code == 0
    assert "[IP_1]" in once.read_text(encoding="utf-8")
    assert once.read_bytes() == twice.read_bytes()
