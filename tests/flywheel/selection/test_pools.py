"""From real pairs and votes to a pool, a head and a command's answer."""

import json

import numpy as np
import pytest

from flywheel.__main__ import main
from flywheel.embedding import Embedder
from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from flywheel.records import BadInput, Pair, Vote
from flywheel.selection import features
from flywheel.selection.pools import JUDGE, prepare
from tests.real_data import real_data

LABELS = {0: "tie", 1: "a", 2: "b"}


@pytest.fixture(scope="module")
def world() -> tuple[list[Pair], list[Vote]]:
    """100 real pairs, of which three people answered 70 and a judge half of all, in both orders."""
    rows = json.loads((real_data("pandalm") / "testset-v1.json").read_text())[:100]
    pairs = [
        Pair(
            item=f"p{row['idx']}",
            cluster=row["instruction"],
            prompt=[{"role": "user", "content": row["instruction"]}],
            a=str(row["response1"])[:120],
            b=[{"role": "assistant", "content": str(row["response2"])[:120]}],
        )
        for row in rows
    ]
    votes = [
        Vote(item=f"p{row['idx']}", rater=f"h{k}", kind="human", label=LABELS[row[f"annotator{k}"]])
        for row in rows[:70]
        for k in (1, 2, 3)
    ]
    votes += [
        Vote(item=f"p{row['idx']}", rater="judge", kind="judge", label=first if row["idx"] % 3 else "a", first=first)
        for row in rows[::2]
        for first in ("a", "b")
    ]
    return pairs, votes


@pytest.fixture(scope="module")
def prepared(world):
    return prepare(*world, Embedder().embed, rng=np.random.default_rng(0))


def test_answered_pairs_teach_and_the_rest_is_the_pool(world, prepared):
    pairs, _ = world

    assert prepared.items == tuple(pair.item for pair in pairs[70:])
    assert prepared.head is not None and prepared.head.n == 70
    assert prepared.pool.z.shape == (30, features.DIMENSIONS + 2)
    assert prepared.pool.z.shape[1] == len(prepared.head.weights)


def test_a_judge_is_believed_as_far_as_people_agree_with_it(prepared):
    judged = prepared.pool.judge_probability

    assert np.isnan(judged).sum() == 15
    assert 0.2 < np.nanmin(judged) and np.nanmax(judged) < 0.8  # it answers by side, so its word is worth little
    assert prepared.pool.inconsistent.sum() > 5
    assert JUDGE in prepared.feature_map.names


def test_the_feature_map_is_antisymmetric_and_survives_its_bytes(prepared):
    generator = np.random.default_rng(1)
    prompt, a, b = generator.normal(size=(3, 7, 384))
    figures = generator.normal(size=(7, 2))
    again = features.from_bytes(prepared.feature_map.to_bytes())

    z = prepared.feature_map.features(prompt, a, b, figures)

    assert prepared.feature_map.features(prompt, b, a, -figures) == pytest.approx(-z)
    assert again.features(prompt, a, b, figures) == pytest.approx(z, abs=1e-4)


def test_votes_on_unknown_pairs_and_unknown_judges_are_refused(world):
    pairs, votes = world
    embed = Embedder().embed

    with pytest.raises(BadInput, match="which the pairs lack"):
        prepare(pairs[:5], votes, embed, rng=np.random.default_rng(0))
    with pytest.raises(BadInput, match="No votes of judge nobody"):
        prepare(pairs, votes, embed, rng=np.random.default_rng(0), judge="nobody")


def test_the_command_draws_the_same_batch_for_the_same_seed(world, tmp_path, capsys):
    pairs, votes = world
    pairs_path, votes_path = tmp_path / "pairs.jsonl", tmp_path / "votes.jsonl"
    pairs_path.write_text("\n".join(json.dumps(pair_format.dump(pair)) for pair in pairs[60:90]))
    votes_path.write_text("\n".join(json.dumps(vote_format.dump(v)) for v in votes if 60 <= int(v.item[1:]) < 90))
    command = ["select", "--pairs", str(pairs_path), "--votes", str(votes_path), "-n", "6", "--json"]

    answers = [(main(command), capsys.readouterr().out)[1] for _ in range(2)]

    assert answers[0] == answers[1]
    found = json.loads(answers[0])
    assert found["rule"] == "cold-start" and found["pool"] == 20 and len(found["draws"]) == 6
    assert main([*command[:-3], "-n", "0"]) == 2
