"""`python -m flywheel judge`, as people call it."""

import json
import os

import pytest

from flywheel.__main__ import main
from flywheel.formats import votes
from tests.fakes.judge_server import MARKER, Script, failure, serving


@pytest.fixture
def pairs(tmp_path):
    """Twenty-four pairs; the marked, right answer is on side a and b in turn."""
    answers = [f"Right. {MARKER}", "Wrong."]
    rows = [
        {
            "item": str(i),
            "cluster": str(i),
            "prompt": f"What is {i} + {i}?",
            "a": answers[i % 2],
            "b": answers[1 - i % 2],
        }
        for i in range(24)
    ]
    return written(tmp_path / "pairs.jsonl", rows)


@pytest.fixture
def gold(tmp_path):
    """The right answers as gold votes."""
    rows = [{"item": str(i), "rater": "gold", "kind": "human", "label": "ab"[i % 2], "gold": True} for i in range(24)]
    return written(tmp_path / "gold.jsonl", rows)


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def judge(server, *arguments):
    address = ("--judge", "endpoint", "--base-url", server.base_url, "--model", "scripted")
    return main(["judge", *map(str, arguments), *address])


def test_every_pair_gets_a_vote_in_each_order(pairs, tmp_path, capsys):
    with serving() as server:
        code = judge(server, pairs, tmp_path / "votes.jsonl")

    given = votes.read(tmp_path / "votes.jsonl")
    assert code == 0
    assert [(vote.item, vote.first) for vote in given] == [(str(i), first) for i in range(24) for first in "ab"]
    assert all(vote.label == "ab"[int(vote.item) % 2] and vote.kind == "judge" for vote in given)
    assert "agree on 100 %" in capsys.readouterr().out


def test_a_good_judge_is_accepted_on_known_answers_and_its_verdicts_are_kept_whole(pairs, gold, tmp_path, capsys):
    with serving() as server:
        options = ("--gold", gold, "--verdicts", tmp_path / "verdicts.jsonl", "--input-price", "2", "--json")
        code = judge(server, pairs, tmp_path / "votes.jsonl", *options)

    told = json.loads(capsys.readouterr().out)
    verdicts = [json.loads(line) for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()]
    assert code == 0 and told["gate"]["passed"] and told["gate"]["accuracy"]["n"] == 24
    assert told["cost"] == pytest.approx(2e-6 * told["input_tokens"]) == pytest.approx(sum(v["cost"] for v in verdicts))
    assert verdicts[0]["reason"] == "By the marker." and 0.9 < verdicts[0]["probability"] < 1


def test_a_judge_that_only_sees_position_is_refused_with_exit_one(pairs, gold, tmp_path, capsys):
    with serving(Script(sharpness=0, position_bias=2.0)) as server:
        code = judge(server, pairs, tmp_path / "votes.jsonl", "--gold", gold)

    assert code == 1
    assert "refused: right on 0 of 24" in capsys.readouterr().out


def test_a_pair_without_verdict_is_named_and_the_rest_is_kept(pairs, tmp_path, capsys):
    script = Script()
    script.failures.append(failure(403, "content policy"))
    with serving(script) as server:
        code = judge(server, pairs, tmp_path / "votes.jsonl")

    assert code == 1
    assert "item 0: The judge refused the request with 403: content policy" in capsys.readouterr().out
    assert len(votes.read(tmp_path / "votes.jsonl")) == 46


def test_the_key_comes_from_the_environment_only(pairs, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(os.environ, "JUDGE_KEY", "sk-0123456789")
    with serving() as server:
        assert judge(server, pairs, tmp_path / "votes.jsonl", "--key-variable", "JUDGE_KEY") == 0
        assert server.seen[0].headers["Authorization"] == "Bearer sk-0123456789"
        assert judge(server, pairs, tmp_path / "votes.jsonl", "--key-variable", "NO_SUCH") == 2

    told = capsys.readouterr()
    assert "sk-0123456789" not in told.out + told.err and "no variable NO_SUCH" in told.err


def test_the_default_judge_tells_topics_apart_without_any_endpoint(tmp_path):
    question = "How do I get a refund for a cancelled flight?"
    refund, cake = "Ask the airline for a refund of the flight.", "Beat the eggs with sugar until pale."
    rows = [
        {"item": "1", "prompt": question, "a": refund, "b": cake},
        {"item": "2", "prompt": question, "a": cake, "b": refund},
    ]

    code = main(["judge", str(written(tmp_path / "pairs.jsonl", rows)), str(tmp_path / "votes.jsonl")])

    given = votes.read(tmp_path / "votes.jsonl")
    assert code == 0
    assert [(vote.item, vote.first, vote.label) for vote in given] == [
        ("1", "a", "a"),
        ("1", "b", "a"),
        ("2", "a", "b"),
        ("2", "b", "b"),
    ]
    assert given[0].rater.startswith("embedding:all-MiniLM")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--judge", "endpoint", "--model", "m"), "needs --base-url"),
        (("--judge", "endpoint", "--base-url", "ftp://x", "--model", "m"), "http or https"),
        (("--judge", "likelihood"), "needs --base"),
        (("--gold", "nowhere.jsonl"), "no file nowhere.jsonl"),
    ],
)
def test_a_wrong_call_ends_with_two_and_one_line_and_leaves_earlier_votes_alone(
    arguments, sentence, pairs, tmp_path, capsys
):
    earlier = tmp_path / "votes.jsonl"
    earlier.write_text("kept")

    assert main(["judge", str(pairs), str(earlier), *arguments]) == 2

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and sentence in told[0] and earlier.read_text() == "kept"
