"""Favour of one's own family: found where planted, not where the family is better, and refused where it cannot be told."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad

from flywheel.records import NotEnoughData, Pair, Vote
from flywheel.simulation.judge_worlds import family_world
from flywheel.stats import worth
from flywheel.stats.self_preference import Preferences, preferences


def found(pairs: list[Pair], votes: list[Vote], *, with_people: bool = True) -> Preferences:
    by_judge: dict[str, list[Vote]] = {}
    for vote in votes:
        if vote.kind == "judge":
            by_judge.setdefault(vote.rater, []).append(vote)
    people = [vote for vote in votes if vote.kind == "human" and with_people]
    return preferences(by_judge, people, {pair.item: pair for pair in pairs})


def test_the_favouring_judge_is_told_from_those_who_see_the_same_worth() -> None:
    told = found(*family_world(np.random.default_rng(1), size=1500, favour=0.6)).favours

    assert told["amber-judge"].verdict == "biased"
    assert told["amber-judge"].logits.low < 0.6 < told["amber-judge"].logits.high + 0.2
    assert told["amber-judge"].effect_pp.value > 5
    assert all(told[name].verdict != "biased" for name in ("birch-judge", "cedar-judge"))


def test_turning_all_sides_and_the_order_of_votes_change_nothing() -> None:
    pairs, votes = family_world(np.random.default_rng(2), size=150)
    turned_pairs = [replace(pair, generator_a=pair.generator_b, generator_b=pair.generator_a) for pair in pairs]
    other = {"a": "b", "b": "a"}
    turned = [replace(vote, label=other[vote.label], first=other[vote.first]) for vote in reversed(votes)]

    plain, mirrored = found(pairs, votes).favours, found(turned_pairs, turned).favours

    for name, favour in plain.items():
        assert mirrored[name].logits.value == pytest.approx(favour.logits.value, abs=1e-3)
        assert mirrored[name].p == pytest.approx(favour.p, abs=1e-3)


def test_one_judge_unknown_generators_and_a_hopeless_design_are_refused() -> None:
    pairs, votes = family_world(np.random.default_rng(3), size=100)
    one = [vote for vote in votes if vote.rater == "amber-judge"]
    nameless = [replace(pair, generator_a=None) for pair in pairs]
    # Two judges, each of one of the two generators, and nobody else: favour and worth cannot be told apart.
    duel = [pair for pair in pairs if {pair.generator_a, pair.generator_b} == {"amber-1", "birch-1"}]
    many = [replace(pair, item=f"{pair.item}-{k}") for pair in duel for k in range(10)]
    both = [
        replace(vote, item=f"{vote.item}-{k}")
        for vote in votes
        if vote.rater in ("amber-judge", "birch-judge") and vote.item in {pair.item for pair in duel}
        for k in range(10)
    ]

    with pytest.raises(NotEnoughData, match="judges of pairs whose generators are known: 1"):
        found(pairs, one)
    with pytest.raises(NotEnoughData, match="judges of pairs whose generators are known: 0"):
        found(nameless, votes)
    with pytest.raises(NotEnoughData, match="favour of a family from its worth"):
        found(many, both)


def test_a_judge_without_a_family_among_the_generators_is_left_out_by_name() -> None:
    pairs, votes = family_world(np.random.default_rng(4), size=150)
    renamed = [replace(vote, rater="stranger") if vote.rater == "cedar-judge" else vote for vote in votes]

    told = found(pairs, renamed, with_people=False)

    assert set(told.favours) == {"amber-judge", "birch-judge"}
    assert "0 pairs have one side of its family" in told.left_out["stranger"]


def test_the_gradient_is_that_of_the_likelihood() -> None:
    rng = np.random.default_rng(5)
    m = 60
    model = worth._Model(
        worth.Rated(
            item=rng.integers(12, size=m), rater=rng.integers(3, size=m), a=np.zeros(m, int), b=rng.integers(1, 3, size=m),
            wins=rng.choice([0.0, 0.5, 1.0], m), order=rng.choice([-1.0, 1.0], m), own=rng.choice([-1.0, 0.0, 1.0], m),
            groups=np.zeros(m),
        )
    )  # fmt: skip
    theta = 0.5 * rng.standard_normal(len(model.precision))

    assert check_grad(lambda at: model.loss(at)[0], lambda at: model.loss(at)[1], theta) < 1e-4


def test_a_judge_that_answers_both_orders_alike_is_not_taken_for_two() -> None:
    wrong = 0
    for seed in range(6):
        pairs, votes = family_world(np.random.default_rng([seed, 6]), size=200, favour=0.0)
        said = {(vote.rater, vote.item): vote.label for vote in votes if vote.first == "a"}
        alike = [replace(v, label=said[v.rater, v.item]) if v.kind == "judge" else v for v in votes]
        wrong += sum(favour.p <= 0.05 for favour in found(pairs, alike).favours.values())

    assert wrong <= 4  # of 18
