"""`agreement`, `aggregate` and `bias` on files."""

import json
from pathlib import Path

import pytest

from flywheel.__main__ import main
from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from tests.flywheel.stats.test_agreement_slices import world
from tests.flywheel.stats.test_reports import planted_votes


@pytest.fixture
def votes(tmp_path: Path) -> str:
    path = tmp_path / "votes.jsonl"
    path.write_text("\n".join(json.dumps(vote_format.dump(vote)) for vote in planted_votes(60)))
    return str(path)


def test_agreement_prints_a_table_for_people_and_json_for_programs(votes, capsys):
    assert main(["agreement", votes, "--draws", "100"]) == 0
    table = capsys.readouterr().out
    assert main(["agreement", votes, "--draws", "100", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert "180 votes of 3 people on 60 items" in table
    assert f"{found['humans']['alpha']['value']:.3f}" in table
    assert set(found["judges"]) == {"fond", "steady"}


def test_agreement_with_pairs_tells_of_groups_periods_and_disagreements(tmp_path, capsys):
    votes, pairs = world(300)
    for name, rows in (("votes", map(vote_format.dump, votes)), ("pairs", map(pair_format.dump, pairs))):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    words = ["agreement", str(tmp_path / "votes.jsonl"), "--pairs", str(tmp_path / "pairs.jsonl"), "--draws", "100"]

    assert main(words) == 0
    table = capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert "topic returns\n  alpha of people" in table and "pp: agrees less" in table and "2026-W10" in table
    assert f"Items with disagreement: {found['disagreement_count']}\n  judge: " in table
    assert list(found["slices"]) == ["queue", "topic", "policies"]


def test_bias_names_the_verdict_and_can_look_at_one_judge(votes, capsys):
    assert main(["bias", "--votes", votes, "--draws", "100", "--judge", "fond"]) == 0
    table = capsys.readouterr().out

    assert "Judge fond" in table and "steady" not in table
    assert "biased" in table and "same in both orders" in table


@pytest.mark.parametrize("method", ["majority", "dawid-skene", "one-coin"])
def test_aggregate_writes_one_row_an_item(votes, tmp_path, method):
    out = tmp_path / "consensus.jsonl"

    assert main(["aggregate", votes, "--method", method, "--out", str(out)]) == 0

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 60
    assert all(row["label"] == max(row["posterior"], key=row["posterior"].get) and row["n"] == 3 for row in rows)


def test_a_bad_line_ends_with_code_2_and_one_sentence(tmp_path, capsys):
    path = tmp_path / "votes.jsonl"
    path.write_text('{"item": "i", "rater": "r", "kind": "ghost", "label": "a"}\n')

    assert main(["agreement", str(path)]) == 2
    assert 'line 1: kind must be "human" or "judge".' in capsys.readouterr().err
