"""What sways people: nobody is accused without cause, planted habits are found, and tiring is told of all together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from flywheel.records import NotEnoughData
from flywheel.simulation.crowds import Habits, Sittings, habits, sittings
from flywheel.stats import annotator_bias, fatigue
from flywheel.stats.annotator_bias import Sway
from flywheel.stats.hidden_quality import Answers, People

CROWD = 12
NONE = np.zeros(CROWD)


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(list(seed))


def swayed(world: Habits) -> dict[int, list[Sway | None]]:
    return annotator_bias.sways(world.answers, world.features, world.prompt, CROWD)


def test_the_gradient_is_the_derivative_of_the_likelihood() -> None:
    world = habits(rng(1), length=NONE + 0.2, position=NONE, items=60)
    people, theta = People(world.answers, world.features), np.array([0.1, 0.4, 0.2, -0.1])
    weight = rng(2).uniform(0.2, 1, len(world.answers.item))

    assert people.per_item(theta, weight)[1].sum(axis=0) == pytest.approx(
        optimize.approx_fprime(theta, lambda at: people.per_item(at, weight)[0].sum(), 1e-6), abs=1e-2
    )


def test_nobody_is_named_where_nobody_has_a_habit() -> None:
    worlds = [habits(rng(k, 3), length=NONE, position=NONE, items=600, labels=3) for k in range(3)]

    every = [sway for world in worlds for row in swayed(world).values() for sway in row if sway]

    assert np.mean([sway.is_flagged for sway in every]) <= 0.02
    assert np.mean([sway.effect_pp.low <= 0 <= sway.effect_pp.high for sway in every]) >= 0.9


def test_planted_habits_are_found_in_size_and_nobody_else_is_named() -> None:
    length, position = NONE.copy(), NONE.copy()
    length[[0, 1]], position[[2, 3]] = 0.9, 0.8
    worlds = [habits(rng(k, 4), length=length, position=position, items=1600, labels=3) for k in range(4)]
    found = [(world, swayed(world)) for world in worlds]

    hits = [rows[r][place].is_flagged for _, rows in found for r, place in ((0, 0), (1, 0), (2, 1), (3, 1))]
    others = [rows[r][place].is_flagged for _, rows in found for r in range(4, CROWD) for place in (0, 1)]
    held = [
        rows[r][1].effect_pp.low <= world.position_pp[r] <= rows[r][1].effect_pp.high
        for world, rows in found
        for r in range(CROWD)
    ]

    assert np.mean(hits) >= 0.75
    assert np.mean(others) <= 0.05
    assert np.mean(held) >= 0.85
    assert found[0][1][0][0].shrunk_pp.value < found[0][1][0][0].effect_pp.value


def test_few_answers_name_nobody() -> None:
    world = habits(rng(5), length=NONE, position=NONE, items=60, labels=2)

    with pytest.raises(NotEnoughData):
        swayed(world)


def test_effects_of_few_people_keep_their_width_when_all_are_alike() -> None:
    told, beyond = annotator_bias.shrunk(np.array([0.1, -0.2, 0.0]), np.array([4.0, 4.0, 4.0]), np.array([50, 50, 50]))

    assert all(one.high - one.low > 2 for one in told)
    assert all(one.low < one.value < one.high for one in told)
    assert (beyond < 0.5).all()


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_of_rows_names_and_sides_do_not_matter(seed: int) -> None:
    generator = rng(seed)
    world = habits(generator, length=NONE + 0.3, position=NONE + 0.2, items=300)
    said, rows, people = world.answers, generator.permutation(900), generator.permutation(CROWD)
    turned = Answers(said.item[rows], people[said.rater[rows]], 1 - said.wins[rows], -said.pos[rows], said.weight[rows])

    plain = swayed(world)
    other = annotator_bias.sways(turned, -world.features, world.prompt, CROWD)

    for rater, row in plain.items():
        for one, twin in zip(row, other[int(people[rater])], strict=True):
            assert one and twin and twin.effect_pp.value == pytest.approx(one.effect_pp.value, abs=0.5)


def told(world: Sittings) -> fatigue.Paces:
    agrees = fatigue.agreeing(world.item, world.label, np.full(len(world.item), -1), 2)
    return fatigue.paces(agrees, world.rater, world.place, world.sitting, world.item, np.log(world.seconds))


def test_tiring_is_found_pooled_and_not_where_nobody_tires() -> None:
    tired = [told(sittings(rng(k, 6), fall=0.15)) for k in range(20)]
    fresh = [told(sittings(rng(k, 7), fall=0.0)) for k in range(60)]

    assert np.mean([one.fatigue.p <= 0.05 for one in tired]) >= 0.8
    assert all(one.fatigue.effect_pp.value < 0 for one in tired)
    assert np.mean([one.fatigue.p <= 0.05 for one in fresh]) <= 0.15  # nominal 0.05; 60 rounds allow for chance
    assert np.mean([one.slowness is not None and one.slowness.p <= 0.05 for one in fresh]) <= 0.15


def test_one_persons_agreement_is_with_the_others_or_the_known_answer() -> None:
    item, label = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 0, 1, 1])
    known = np.array([-1, -1, -1, 1, 1, -1])

    assert fatigue.agreeing(item, label, known, 2) == pytest.approx([0.5, 0.5, 0, 0, 1, np.nan], nan_ok=True)


def test_without_sittings_nothing_is_said_of_tiring() -> None:
    world = sittings(rng(8))
    agrees = np.full(len(world.item), 0.5)
    alone = np.zeros(len(world.item), dtype=int)

    with pytest.raises(NotEnoughData, match="sittings"):
        fatigue.paces(agrees, world.rater, world.place, alone, world.item, np.log(world.seconds))
    with pytest.raises(NotEnoughData, match="one sitting"):
        fatigue.paces(agrees, world.rater, world.place * 0, world.sitting, world.item, np.log(world.seconds))
