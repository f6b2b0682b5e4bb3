"""Consensus methods on planted raters."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData, Vote
from flywheel.stats import aggregation
from flywheel.stats.votes import MISSING, VoteTable, tabulate


def world(seed: int, votes_each: int) -> tuple[VoteTable, np.ndarray, np.ndarray]:
    """1,000 binary items, 40 people (15 % random or one-sided, 5 % adversarial), 50 known answers."""
    generator = np.random.default_rng(seed)
    accuracy, kind = generator.beta(12, 4, 40), generator.choice(3, 40, p=[0.8, 0.15, 0.05])
    says_one = np.stack([1 - accuracy, accuracy], axis=1)
    says_one[kind == 1] = generator.choice([0.5, 0.95, 0.05], (int((kind == 1).sum()), 1))
    says_one[kind == 2] = says_one[kind == 2][:, ::-1]
    truth = generator.integers(0, 2, 1000)
    item = np.arange(1000).repeat(votes_each)
    rater = np.concatenate([generator.choice(40, votes_each, replace=False) for _ in range(1000)])
    label = (generator.random(len(item)) < says_one[rater, truth[item]]).astype(int)
    known = np.where(np.arange(1000) < 50, truth, MISSING)
    names = tuple(map(str, range(1000)))
    table = VoteTable(names, names[:40], ("a", "b"), item, rater, label, label * 0 - 1, np.ones(len(item)))
    return table, truth, known


@pytest.mark.parametrize(("votes_each", "gain"), [(3, 0.03), (5, 0.05)])
def test_dawid_skene_beats_the_majority_where_some_raters_are_useless(votes_each, gain):
    gains = []
    for seed in range(10):
        table, truth, known = world(seed, votes_each)
        weighed = aggregation.dawid_skene(table, known).posterior.argmax(axis=1) == truth
        counted = aggregation.majority_shares(table).argmax(axis=1) == truth
        gains.append(weighed[50:].mean() - counted[50:].mean())

    assert np.mean(gains) >= gain


def test_estimated_informativeness_ranks_the_raters():
    table, truth, _ = world(3, 5)

    confusion = aggregation.dawid_skene(table).confusion
    estimated = confusion[:, 0, 0] + confusion[:, 1, 1] - 1
    seen = [
        np.mean(table.label[own & (truth[table.item] == 1)] == 1) - np.mean(table.label[own & (truth[table.item] == 0)])
        for own in (table.rater == rater for rater in range(40))
    ]

    assert np.corrcoef(estimated, seen)[0, 1] > 0.85


def test_known_answers_stay_and_posteriors_sum_to_one():
    table, truth, known = world(0, 3)

    for method in (aggregation.dawid_skene, aggregation.one_coin):
        posterior = method(table, known).posterior
        assert np.allclose(posterior.sum(axis=1), 1)
        assert (posterior[np.arange(50), truth[:50]] == 1).all()


def test_the_order_of_votes_does_not_matter():
    votes = [
        Vote(item=str(i), rater=r, kind="human", label="a" if (i + k) % 3 else "b")
        for i in range(20)
        for k, r in enumerate("xyz")
    ]

    forward, backward = (aggregation.dawid_skene(tabulate(rows)).posterior for rows in (votes, votes[::-1]))

    assert np.allclose(forward, backward)


def test_nothing_to_aggregate_is_said():
    with pytest.raises(NotEnoughData):
        aggregation.consensus_rows([], "majority")


def test_what_people_prefer_counts_everybody_by_how_much_they_tell():
    generator = np.random.default_rng(3)
    truth = generator.random(600) < 0.5
    skill = np.repeat([0.95, 0.5], 6)  # six who know, and six who guess
    votes = []
    for item in range(600):
        for person in generator.choice(12, 4, replace=False):
            is_a = truth[item] == (generator.random() < skill[person])
            votes.append(Vote(item=str(item), rater=f"p{person:02d}", kind="human", label="ab"[not is_a]))

    found = aggregation.preferred(votes)
    by_item = {str(item): [vote.label == "a" for vote in votes if vote.item == str(item)] for item in range(600)}

    wrong = np.mean([abs(found[str(item)] - truth[item]) for item in range(600)])
    wrong_alike = np.mean([abs(np.mean(by_item[str(item)]) - truth[item]) for item in range(600)])
    assert wrong < 0.12 < 0.25 < wrong_alike


def test_where_nobody_tells_anything_all_count_alike():
    votes = [Vote(item="1", rater=who, kind="human", label=label) for who, label in (("p", "a"), ("q", "b"))]

    assert aggregation.preferred(votes) == {"1": 0.5} and aggregation.preferred([]) == {}
