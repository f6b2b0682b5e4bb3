"""`python -m flywheel simulate`."""

import json

from flywheel.__main__ import main


def test_simulate_lists_the_files_it_wrote(tmp_path, capsys):
    code = main(["simulate", "support-desk", "--out", str(tmp_path), "--size", "10", "--seed", "3", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["files"]["traces.jsonl"] == 20
    assert {path.name for path in tmp_path.iterdir()} == set(told["files"])


def test_simulate_prints_a_table_for_people(tmp_path, capsys):
    assert main(["simulate", "position", "--out", str(tmp_path), "--size", "20"]) == 0

    assert "votes.jsonl" in capsys.readouterr().out


def test_simulate_refuses_an_unknown_world_with_code_2(tmp_path, capsys):
    assert main(["simulate", "moon", "--out", str(tmp_path)]) == 2

    assert capsys.readouterr().err.startswith("flywheel simulate: There is no world moon")
