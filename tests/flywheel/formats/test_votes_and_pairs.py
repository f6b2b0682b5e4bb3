"""votes.jsonl and pairs.jsonl: read, written, refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flywheel.formats import pairs, votes
from flywheel.records import BadInput, Pair, Vote


def test_what_is_dumped_is_read_back():
    vote = Vote(
        item="i",
        rater="r",
        kind="human",
        label="both_bad",
        first="b",
        seconds=2.5,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        weight=0.5,
        round=2,
        sitting="s",
        gold=True,
        version="rubric-2",
    )
    pair = Pair(
        item="i",
        cluster="c",
        prompt=[{"role": "user", "content": "q"}],
        a="x",
        b=[{"role": "assistant", "content": "y"}],
        generator_a="m@1",
        features={"length": -0.5},
    )

    assert votes.parse(votes.dump(vote)) == vote
    assert pairs.parse(pairs.dump(pair)) == pair


def test_a_pair_without_cluster_is_its_own():
    assert pairs.parse({"item": "i", "prompt": "", "a": "", "b": "y"}).cluster == "i"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "robot"}, "kind must be"),
        ({"kind": []}, "kind must be"),
        ({"label": ""}, "label is empty"),
        ({"first": "left"}, "first must be"),
        ({"weight": -1}, "weight must be at least 0"),
        ({"gold": "yes"}, "gold must be true or false"),
        ({"version": " "}, "version is empty"),
        ({"item": None}, "item is missing"),
        ({"round": 1.5}, "round must be a whole number"),
    ],
)
def test_a_bad_vote_is_refused_in_one_sentence(changes, says):
    with pytest.raises(BadInput, match=says):
        votes.parse({"item": "i", "rater": "r", "kind": "human", "label": "a"} | changes)


@pytest.mark.parametrize(
    ("line", "says"),
    [(b"{", "line 3 is not JSON"), (b"\xff", "line 3 is not JSON"), (b'{"item": "k"}', "line 3: prompt is missing")],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line, says):
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b'{"item": "i", "prompt": "q", "a": "x", "b": "y"}\n\n' + line)

    with pytest.raises(BadInput, match=says):
        pairs.read(path)


def test_the_same_item_twice_is_refused(tmp_path: Path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"item": "i", "prompt": "q", "a": "x", "b": "y"}\n' * 2)

    with pytest.raises(BadInput, match="item i stands in records 1 and 2"):
        pairs.read(path)
