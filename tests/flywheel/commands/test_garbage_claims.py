"""What a whole world tells, what no longer can be told where something of it never varies, and options and files out of range."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flywheel.__main__ import main
from tests.flywheel.commands import garbage


def told(capsys, *words: str) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def made(tmp_path):
    """Writes a world changed by name as files VOTES and PAIRS in the working folder."""

    def write(name: str = "", items: int = 90) -> tuple[str, str]:
        rows = garbage.world(items)
        votes, pairs = (garbage.VOTES | garbage.PAIRS)[name](*rows) if name else rows
        return garbage.written(tmp_path / "votes.jsonl", votes), garbage.written(tmp_path / "pairs.jsonl", pairs)

    return write


def test_the_world_is_whole_so_that_what_garbage_lacks_is_its_own_doing(made, capsys):
    votes, pairs = made(items=104)

    bias = told(capsys, "bias", "--votes", votes, "--pairs", pairs, "--draws", "100")["judges"]["gpt-4"]
    people = told(capsys, "annotators", "--votes", votes, "--pairs", pairs)

    parts = ("position", "features", "topics", "self_preference", "calibration", "replacement", "history")
    assert all(bias[part] for part in parts)
    assert all(people["annotators"]["x"][part] for part in ("quality", "gold", "speed", "sides", "sways", "drift"))
    assert people["pooled"]["fatigue"] and people["pooled"]["slowness"]


@pytest.mark.parametrize("name", ["all ties", "judges of one label", "judges of first place"])
def test_nothing_sways_a_judge_whose_verdicts_never_vary_and_nothing_is_said_of_favour(name, made, capsys):
    votes, pairs = made(name)

    found = told(capsys, "bias", "--votes", votes, "--pairs", pairs, "--draws", "100")

    gpt = found["judges"]["gpt-4"]
    assert not gpt["features"] and gpt["self_preference"] is None and gpt["agreement"]["kappa"] is None
    reasons = {gap["what"]: gap["why"] for gap in found["not_possible"]}
    assert reasons["features of gpt-4"].startswith("different verdicts")
    assert reasons["self-preference of gpt-4"].startswith("It comes to the same verdict on every pair")


@pytest.mark.parametrize("name", ["all ties", "one label"])
def test_a_judge_may_not_replace_people_who_only_ever_said_one_thing(name, made, capsys):
    found = told(capsys, "alt-test", made(name)[0])

    assert found["judges"] == {}
    assert {gap["why"] for gap in found["not_possible"]} == {
        "different labels of people and the judge: 1 given, at least 2 needed."
    }


@pytest.mark.parametrize("name", ["all ties", "people of one label"])
def test_people_who_never_differ_tell_nothing_of_what_sways_them_nor_of_tiring(name, made, capsys):
    votes, pairs = made(name)

    found = told(capsys, "annotators", "--votes", votes, "--pairs", pairs)

    reasons = {gap["what"]: gap["why"] for gap in found["not_possible"]}
    assert reasons["sways"].startswith("different answers of others") and found["pooled"]["fatigue"] is None
    assert not any(one["sways"] or one["flags"] for one in found["annotators"].values())


def test_features_that_tell_what_people_say_leave_no_instrument(made, capsys, tmp_path):
    votes, pairs = garbage.world()
    side = {pair["item"]: "ab"[garbage.number(pair) % 2] for pair in pairs}
    votes = [vote | {"label": side[vote["item"]]} if garbage.is_person(vote) else vote for vote in votes]
    pairs = [pair | {"features": {"cost": 1.0 if side[pair["item"]] == "a" else -1.0}} for pair in pairs]
    files = garbage.written(tmp_path / "votes.jsonl", votes), garbage.written(tmp_path / "pairs.jsonl", pairs)

    found = told(capsys, "bias", "--votes", files[0], "--pairs", files[1], "--draws", "100")

    assert {
        "what": "features of other",
        "why": "items where people say more than the features do: 0 given, at least 30 needed.",
    } in found["not_possible"]


@pytest.mark.parametrize(
    ("name", "command", "sentence"),
    [
        ("unknown items", "rank VOTES --pairs PAIRS", "Votes name item i040 and 49 more, which the pairs lack"),
        ("a pair twice", "win-rate --votes VOTES --pairs PAIRS --each", "item i000 stands in records 1 and 91"),
        ("no policies", "win-rate --votes VOTES --pairs PAIRS --each", "pairs of two different policies: 0 given"),
        ("no policies", "win-rate --votes VOTES --pairs PAIRS --of x", "the pairs name no generators"),
        ("one policy", "rank VOTES --pairs PAIRS", "different generator_a and generator_b: 0 given"),
        ("no people", "annotators --votes VOTES", "votes of humans: 0 given"),
        ("words for sides", "win-rate --votes VOTES", 'said "right" of item i000; answers on pairs need the labels'),
        ("words for sides", "select --pairs PAIRS --votes VOTES -n 3", "answers on pairs need the labels"),
        ("labels that break lines", "rank VOTES --pairs PAIRS", 'not "a��[31m".'),
        ("all ties", "win-rate --votes VOTES --each", "give them with --pairs"),
        ("no pairs", "judge PAIRS OUT", "pairs.jsonl: 0 given, at least 1 needed"),
    ],
)
def test_what_a_command_cannot_use_is_named(name, command, sentence, made, tmp_path, capsys):
    votes, pairs = made(name)
    files = {"VOTES": votes, "PAIRS": pairs, "OUT": str(tmp_path / "out.jsonl")}

    assert main([files.get(word, word) for word in command.split()]) == 2

    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1 and not said.out
    assert not Path(files["OUT"]).exists()


@pytest.mark.parametrize(
    "field",
    [{"weight": 1e7}, {"propensity": 1e-12}, {"propensity": 0}, {"probability": 2}, {"at": "soon"}, {"round": -1}],
    ids=str,
)
def test_a_vote_out_of_range_is_refused_with_its_line(field, tmp_path, capsys):
    row = {"item": "i", "rater": "x", "kind": "human", "label": "a"}

    assert main(["aggregate", garbage.written(tmp_path / "v", [row, row | {"item": "k"} | field])]) == 2

    assert f"line 2: {next(iter(field))} must be" in capsys.readouterr().err


@pytest.mark.parametrize("label", ["nan", "inf", "1e200"])
def test_labels_that_are_no_numbers_of_ordinary_size_have_no_distance(label, tmp_path, capsys):
    rows = [
        {"item": f"i{n}", "rater": r, "kind": "human", "label": [label, "2"][n % 2]} for n in range(9) for r in "xy"
    ]

    assert main(["agreement", garbage.written(tmp_path / "v", rows), "--metric", "interval"]) == 2

    assert "needs labels that are numbers" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "agreement v --draws 1000000000",
        "bias --votes v --seed -1",
        "annotators --votes v --seed -1",
        "alt-test v --epsilon nan",
        "alt-test v --epsilon half",
        "select --pairs p --votes v -n 3 --seed -1",
        "select --pairs p --votes v -n 3 --exploration nan",
        "judge p v --seed -1",
        "judge p v --input-price nan",
        "simulate position --out o --sharpness nan",
        "simulate position --out o --length 1e308",
        "generate --policy m --prompts p --out o --temperature -1",
        "score --base m p o --max-length 0",
    ],
)
def test_numbers_out_of_range_are_usage_errors_in_words(command, capsys):
    *_, option, _ = command.split()

    with pytest.raises(SystemExit) as stop:
        main(command.split())

    said = capsys.readouterr().err
    assert stop.value.code == 2 and f"argument {option}: must be" in said


def test_what_is_no_plain_file_is_written_to_and_never_replaced(made, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    assert main(["convert", made(items=2)[1], str(pipe), "--from", "pairs", "--to", "pairs"]) == 0

    assert os.read(reader, 100_000).count(b"\n") == 2 and stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(reader)


def test_output_that_finds_no_place_is_said_in_one_line(made):
    votes, _ = made()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flywheel", "aggregate", votes], stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert (done.returncode, done.stderr) == (2, "flywheel aggregate: the output: No space left on device.\n")


def test_a_rubric_that_is_no_text_and_a_model_that_is_not_there_are_named(made, tmp_path, capsys):
    _, pairs = made(items=2)
    rubric = tmp_path / "rubric.txt"
    rubric.write_bytes(b"\xff\xfe")
    out, endpoint = str(tmp_path / "out"), ["--judge", "endpoint", "--base-url", "http://localhost:1", "--model", "m"]

    assert main(["judge", pairs, out, *endpoint, "--rubric", str(rubric)]) == 2
    assert "rubric.txt is not UTF-8" in capsys.readouterr().err
    assert main(["simulate", "position", "--out", pairs]) == 2
    assert "File exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    "document",
    [
        {"files": {}},
        {"files": [1], "name": "x", "excluded": {}},
        {"files": {"preference/train.jsonl": 1}, "name": "x", "excluded": {}},
        {"files": {"preference/train.jsonl": {"rows": 1}}, "name": "x", "excluded": {}},
    ],
)
def test_a_manifest_without_its_parts_is_no_manifest(document, tmp_path, capsys):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": "flywheel-release/1", **document}))

    assert main(["release", "check", str(tmp_path)]) == 2
    assert "is not a flywheel-release/1 manifest" in capsys.readouterr().err
