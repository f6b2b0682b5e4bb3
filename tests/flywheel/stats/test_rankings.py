"""Rankings: the published model is met, competence is told from chance, and names, sides and order of rows do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from flywheel.records import BadInput, NotEnoughData
from flywheel.simulation.crowds import league
from flywheel.stats import rankings
from flywheel.stats.rankings import LEFT, NEITHER, RIGHT, Comparisons, Model


def few(seed: int, *, ties: bool = True, n: int = 80, things: int = 5, raters: int = 4) -> Comparisons:
    generator = np.random.default_rng(seed)
    left = generator.integers(things, size=n)
    right = (left + generator.integers(1, things, size=n)) % things
    choice = generator.choice([LEFT, RIGHT, NEITHER] if ties else [LEFT, RIGHT], size=n)
    pos = generator.choice([-1.0, 0.0, 1.0], size=n)
    return Comparisons(left, right, choice, np.arange(n) % raters, pos, generator.uniform(0.2, 1, n))


def values(answers: Comparisons, **how: bool) -> np.ndarray:
    return np.array([one.value for one in rankings.ranking(answers, np.arange(len(answers.left)), **how).strength])


@pytest.mark.parametrize("has_competence", [True, False])
@pytest.mark.parametrize("ties", [True, False])
def test_the_gradient_is_the_derivative_of_the_posterior(ties: bool, has_competence: bool) -> None:
    model = Model(few(1, ties=ties), 5, has_competence=has_competence)
    theta = np.random.default_rng(2).normal(size=model.size)

    assert model.loss(theta)[1] == pytest.approx(
        optimize.approx_fprime(theta, lambda at: model.loss(at)[0], 1e-7), abs=1e-3
    )


def test_plain_strengths_equal_choix() -> None:
    choix = pytest.importorskip("choix")
    world = league(np.random.default_rng(3), spammers=0.0).answers
    unseen = Comparisons(
        world.left, world.right, world.choice, world.rater, np.zeros(len(world.left)), np.ones(len(world.left))
    )
    won, lost = (
        np.where(world.choice == LEFT, *both) for both in ((world.left, world.right), (world.right, world.left))
    )

    theirs = choix.opt_pairwise(30, list(zip(won, lost, strict=True)), alpha=rankings.LAMBDA / 2)

    assert values(unseen, has_competence=False) == pytest.approx(theirs - theirs.mean(), abs=1e-4)


def test_strengths_with_competence_are_in_the_order_of_crowd_kits() -> None:
    aggregation = pytest.importorskip("crowdkit.aggregation")
    pandas = pytest.importorskip("pandas")
    said = league(np.random.default_rng(4), things=12, people=10, pairs=100).answers
    won = np.where(said.choice == LEFT, said.left, said.right)
    frame = pandas.DataFrame({"worker": said.rater, "left": said.left, "right": said.right, "label": won})

    theirs = aggregation.NoisyBradleyTerry(n_iter=30, random_state=0).fit(frame)
    found = rankings.ranking(said, np.arange(len(won)))

    assert stats.spearmanr(theirs.scores_.loc[range(12)], [one.value for one in found.strength])[0] > 0.95


def test_ties_follow_davidson() -> None:
    """Two things, and a tie as likely as ν says: 300 wins, 100 losses, 200 ties have a closed form without a prior."""
    choice = np.repeat([LEFT, RIGHT, NEITHER], [300, 100, 200])
    zero, one = np.zeros(600, dtype=int), np.ones(600)
    found = rankings.ranking(
        Comparisons(zero, zero + 1, choice, zero, 0 * one, one), np.arange(600), has_competence=False
    )

    assert found.strength[0].value - found.strength[1].value == pytest.approx(np.log(3), abs=0.02)
    assert found.tie and found.tie.value == pytest.approx(200 / np.sqrt(300 * 100), abs=0.02)


def test_people_who_do_not_look_are_found_and_the_ranking_gains() -> None:
    gains, gaps = [], []
    for seed in range(8):
        world = league(np.random.default_rng([seed, 5]))
        found = rankings.ranking(world.answers, np.arange(1200))
        assert found.competence is not None
        skill = np.array([one.value for one in found.competence])
        gaps.append(skill[~world.is_spammer].mean() - skill[world.is_spammer].mean())
        told = [stats.spearmanr(world.strength, values(world.answers, has_competence=how))[0] for how in (True, False)]
        gains.append(told[0] - told[1])

    assert np.mean(gains) > 0
    assert np.mean(gaps) > 0.15


def test_unconnected_groups_are_told_apart_and_ranked_within() -> None:
    zero = np.zeros(40, dtype=int)
    left, right = zero + 2 * (np.arange(40) % 2), zero + 2 * (np.arange(40) % 2) + 1
    answers = Comparisons(left, right, zero, zero, np.zeros(40), np.ones(40))

    found = rankings.ranking(answers, np.arange(40))

    assert len(set(found.group)) == 2 and found.group[0] == found.group[1] != found.group[2]
    assert [one.value for one in found.place] == [1, 2, 1, 2]
    assert all(np.isfinite([one.low, one.high]).all() for one in found.strength)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), has_competence=st.booleans())
def test_order_of_rows_sides_and_names_do_not_matter(seed: int, has_competence: bool) -> None:
    answers, generator = few(seed), np.random.default_rng(seed)
    rows, names, people = generator.permutation(80), generator.permutation(5), generator.permutation(4)
    swapped = np.array([RIGHT, LEFT, NEITHER])
    turned = Comparisons(
        names[answers.right[rows]],
        names[answers.left[rows]],
        swapped[answers.choice[rows]],
        people[answers.rater[rows]],
        -answers.pos[rows],
        answers.weight[rows],
    )

    plain, other = (values(each, has_competence=has_competence) for each in (answers, turned))

    assert other[names] == pytest.approx(plain, abs=2e-3)


def test_nothing_to_rank_and_too_much_are_refused() -> None:
    none = np.array([], dtype=int)
    many = np.arange(3000)

    with pytest.raises(NotEnoughData):
        rankings.ranking(Comparisons(none, none, none, none, none, none), none)
    with pytest.raises(BadInput, match="more than 2000"):
        rankings.ranking(Comparisons(many, many + 1, many * 0, many * 0, many * 0.0, many * 0 + 1.0), many)
