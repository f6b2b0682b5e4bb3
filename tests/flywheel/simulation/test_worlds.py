"""The worlds hold what they promise, and the same seed writes the same bytes."""

import json
from collections import Counter, defaultdict

import numpy as np
import pytest

from flywheel.formats import pairs, votes
from flywheel.records import BadInput
from flywheel.simulation import worlds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("worlds")
    for name in worlds.WORLDS:
        worlds.write(name, root / name, worlds.settings(name))
    return root


def truth(path):
    return json.loads((path / "truth.json").read_text())


@pytest.mark.parametrize("name", worlds.WORLDS)
def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(folder, tmp_path, name):
    worlds.write(name, tmp_path / "same", worlds.settings(name))
    worlds.write(name, tmp_path / "other", worlds.settings(name, seed=1))

    for file in (folder / name).iterdir():
        assert (tmp_path / "same" / file.name).read_bytes() == file.read_bytes()
        assert (tmp_path / "other" / file.name).read_bytes() != file.read_bytes()


@pytest.mark.parametrize("name", worlds.WORLDS)
def test_votes_and_pairs_can_be_read_and_belong_together(folder, name):
    found = votes.read(folder / name / "votes.jsonl")

    assert found
    if (folder / name / "pairs.jsonl").exists():
        assert {vote.item for vote in found} == {pair.item for pair in pairs.read(folder / name / "pairs.jsonl")}


def test_majority_on_the_agreement_world_is_as_good_as_published_for_it(folder):
    # 82.0 % at five labels an item: simulated with the same recipe, over many seeds.
    known, counts = truth(folder / "agreement")["labels"], defaultdict(Counter)
    for vote in votes.read(folder / "agreement" / "votes.jsonl"):
        if not vote.gold:
            counts[vote.item][vote.label] += 1

    right = np.mean([known[item] == count.most_common(1)[0][0] for item, count in counts.items()])

    assert set(map(Counter.total, counts.values())) == {5}
    assert right == pytest.approx(0.82, abs=0.05)


def test_the_agreement_world_has_careless_and_adverse_annotators_and_fifty_known_answers(folder):
    found = truth(folder / "agreement")
    informativeness = np.array(list(found["informativeness"].values()))
    gold = [vote for vote in votes.read(folder / "agreement" / "votes.jsonl") if vote.gold]

    assert len(informativeness) == 40
    assert np.sum(np.abs(informativeness) < 1e-9) == 6
    assert np.sum(informativeness < 0) == 2
    assert len(gold) == 50
    assert all(found["labels"][vote.item] == vote.label for vote in gold)


def test_length_goes_with_quality_in_the_null_world_but_does_not_move_the_judge(folder):
    found = truth(folder / "null-bias")
    gap, length = np.array(list(found["utility_gap"].values())), np.array(list(found["length"].values()))
    chosen = _judge_share(folder / "null-bias")

    design = np.column_stack([1 / (1 + np.exp(-gap)), length])
    effect, *_ = np.linalg.lstsq(np.column_stack([np.ones(len(gap)), design]), chosen, rcond=None)

    assert np.corrcoef(gap, length)[0, 1] == pytest.approx(0.4, abs=0.07)
    assert np.corrcoef(chosen, length)[0, 1] > 0.1  # what a naive look takes for a bias
    assert abs(effect[2]) < 0.03


def test_the_null_worlds_texts_are_as_long_as_planted(folder):
    planted = truth(folder / "null-bias")["length"]
    for pair in pairs.read(folder / "null-bias" / "pairs.jsonl"):
        ratio = np.log(len(pair.a.split()) / len(pair.b.split()))

        assert ratio == pytest.approx(0.5 * planted[pair.item], abs=0.06)


def test_the_judge_of_the_position_world_shifts_as_planted(folder):
    found = votes.read(folder / "position" / "votes.jsonl")
    chosen = {(vote.item, vote.first): vote.label == "a" for vote in found if vote.kind == "judge"}
    items = sorted({item for item, _ in chosen})
    shifts = np.array([(chosen[item, "a"] * 1.0 - chosen[item, "b"]) / 2 for item in items])

    planted = truth(folder / "position")["judge"]["expected_position_shift"]

    assert abs(shifts.mean() - planted) <= 3 * shifts.std() / np.sqrt(len(items))


def test_the_support_desk_gives_every_pair_two_people_and_the_judge_both_orders(folder):
    people, judged = defaultdict(list), defaultdict(set)
    for vote in votes.read(folder / "support-desk" / "votes.jsonl"):
        if vote.kind == "judge":
            judged[vote.item].add(vote.first)
        elif vote.round == 0 and not vote.gold:
            people[vote.item].append((vote.rater, vote.first))

    assert all(orders == {"a", "b"} for orders in judged.values())
    for seen in people.values():
        assert len({rater for rater, _ in seen}) == 2
        assert {first for _, first in seen} == {"a", "b"}


def test_people_of_the_support_desk_mostly_agree_with_the_planted_preference(folder):
    preference = truth(folder / "support-desk")["preference"]
    found = votes.read(folder / "support-desk" / "votes.jsonl")
    clear = [
        (vote.label == "a") == (preference[vote.item] > 0.5)
        for vote in found
        if vote.kind == "human" and vote.label in {"a", "b"} and abs(preference[vote.item] - 0.5) > 0.2
    ]

    assert len(clear) >= 100
    assert np.mean(clear) >= 0.8


def test_an_unknown_world_and_impossible_sizes_are_refused_in_one_sentence():
    with pytest.raises(BadInput, match=r"There is no world moon; choose one of support-desk, .*\."):
        worlds.settings("moon")
    with pytest.raises(BadInput, match="overlap must lie between 1 and 4"):
        worlds.settings("support-desk", overlap=5)
    with pytest.raises(BadInput, match="size of at least 1"):
        worlds.settings("position", size=0)


def _judge_share(path):
    chosen = defaultdict(list)
    for vote in votes.read(path / "votes.jsonl"):
        if vote.kind == "judge":
            chosen[vote.item].append(vote.label == "a")
    return np.array([np.mean(chosen[item]) for item in sorted(chosen)])
