"""Who agrees less than before: found where planted, not where items get harder, however often one looks."""

from itertools import pairwise

import numpy as np
import pytest

from flywheel.records import NotEnoughData
from flywheel.simulation.crowds import Tenures, tenures
from flywheel.stats import drift
from flywheel.stats.drift import Course, Drift
from flywheel.stats.votes import MISSING

PEOPLE = 6
FALLS = np.array([0.4, *np.zeros(PEOPLE - 1)])


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(list(seed))


def course_of(world: Tenures, until: float = np.inf) -> Course:
    seen = world.when < until
    item = world.item[seen]
    return Course(item, world.rater[seen], world.label[seen], world.when[seen], np.full(len(item), MISSING), item // 2)


def told(course: Course) -> dict[int, Drift]:
    """Of everybody who has answers enough."""
    found = {}
    for rater in range(PEOPLE):
        try:
            found[rater] = drift.drift(course, drift.agreement_beside(course, rater), rater)
        except NotEnoughData:
            continue
    return found


def test_agreement_is_that_of_the_others_and_one_person_counts_for_nobody() -> None:
    item, rater = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 0, 1, 2])
    label, known = np.array([0, 0, 1, 0, 1, 1]), np.array([-1, -1, -1, -1, -1, 1])
    course = Course(item, rater, label, np.arange(6.0), known, item)

    assert drift.agreement_beside(course, 0) == pytest.approx([0.5, 0, 0, 0, np.nan, 1], nan_ok=True)


def test_who_falls_off_is_found_and_the_others_are_not() -> None:
    worlds = [told(course_of(tenures(rng(k), people=PEOPLE, each=400, falls=FALLS))) for k in range(20)]

    assert np.mean([world[0].p <= 0.02 for world in worlds]) >= 0.8
    assert np.mean([world[0].change_pp.value for world in worlds]) < -15
    others = [one for world in worlds for rater, one in world.items() if rater]
    assert not any(one.p <= 0.05 and one.change_pp.value < 0 for one in others)


def test_looking_again_and_again_while_items_get_harder_raises_few_false_alarms() -> None:
    alarms, naive = [], []
    for k in range(25):
        world = tenures(rng(k, 1), people=PEOPLE, harder=0.25)
        ever = np.zeros(PEOPLE, dtype=bool)
        for until in np.linspace(0.25, 1, 8) * len(world.item) / 3:
            for rater, one in told(course_of(world, until)).items():
                ever[rater] |= one.p <= 0.05
        course = course_of(world)
        agrees = [drift.agreement_beside(course, 0)[(course.rater == 0) & half] for half in halves(course)]
        naive.append(agrees[0].mean() - agrees[1].mean())
        alarms += ever.tolist()

    assert np.mean(alarms) <= 0.05
    assert np.mean(naive) > 0.1  # everybody's agreement falls; whoever looks at it alone accuses all


def halves(course: Course) -> list[np.ndarray]:
    middle = np.median(course.when)
    return [course.when < middle, course.when >= middle]


def test_looks_come_with_a_fifth_more_answers() -> None:
    assert [drift.look(n) for n in (60, 71, 72, 86, 300, 10**6)] == [60, 60, 72, 72, 257, drift.look(10**5)]


def test_the_interval_covers_the_planted_change() -> None:
    ones = [told(course_of(tenures(rng(k, 2), people=PEOPLE, each=200, falls=FALLS)))[0] for k in range(40)]
    middle = float(np.mean([one.change_pp.value for one in ones]))

    assert np.mean([one.change_pp.low <= middle <= one.change_pp.high for one in ones]) >= 0.95


def test_too_few_answers_or_nobody_to_compare_with_is_said() -> None:
    world = tenures(rng(3), people=PEOPLE, each=40)
    course = course_of(world)
    with pytest.raises(NotEnoughData, match="of the person"):
        drift.drift(course, drift.agreement_beside(course, 0), 0)

    two = course_of(tenures(rng(4), people=3, each=200, labels=2))
    pair = two.rater < 2
    alone = Course(*(getattr(two, name)[pair] for name in ("item", "rater", "label", "when", "known", "group")))
    with pytest.raises(NotEnoughData, match="of others"):
        drift.drift(alone, drift.agreement_beside(alone, 0), 0)


def test_the_timeline_tells_every_answer_once_in_order() -> None:
    course = course_of(tenures(rng(5), people=PEOPLE, falls=FALLS))
    agrees = drift.agreement_beside(course, 0)

    blocks = drift.timeline(course, agrees, 0)

    assert len(blocks) == drift.BLOCKS
    assert sum(one.agreement.n for one in blocks) == np.isfinite(agrees[course.rater == 0]).sum()
    assert all(one.last < later.first for one, later in pairwise(blocks))
    assert all(one.others and one.others.n > one.agreement.n for one in blocks)
    assert blocks[0].agreement.value > blocks[-1].agreement.value + 0.1


def test_a_perfect_record_is_no_certainty() -> None:
    item, rater = np.arange(100).repeat(3), np.tile(np.arange(3), 100)
    course = Course(item, rater, item % 2, item + 0.1 * rater, np.full(300, MISSING), item)

    one = drift.drift(course, drift.agreement_beside(course, 0), 0)

    assert one.change_pp.value == pytest.approx(0) and one.change_pp.low < -5 and one.p == 1.0
