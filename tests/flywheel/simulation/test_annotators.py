"""Simulated annotators answer as their parameters say."""

import numpy as np
import pytest

from flywheel.simulation.annotators import Annotator
from flywheel.simulation.people import ANNOTATORS, DEMO_LOGINS

N = 4000


def share_of_a(person, utilities, lengths=(60, 60), first="a", seed=1):
    rng = np.random.default_rng(seed)
    labels = [person.answer(utilities, lengths, first, rng)[0] for _ in range(N)]
    decided = [label for label in labels if label in {"a", "b"}]
    return labels.count("a") / len(decided), 3 / np.sqrt(4 * len(decided))  # three standard errors at most


@pytest.mark.parametrize("person", ANNOTATORS, ids=lambda person: person.name)
def test_measured_accuracy_lies_in_the_interval_of_the_planted_one(person):
    first, margin = share_of_a(person, (0.6, -0.4), first="a")
    second, _ = share_of_a(person, (0.6, -0.4), first="b", seed=2)

    assert (first + second) / 2 == pytest.approx(person.expected_accuracy(1.0), abs=margin / np.sqrt(2))


def test_without_habits_and_lapses_the_planted_accuracy_is_the_parameter():
    person = Annotator(name="plain", accuracy=0.8, lapse=0.0, ties=0.0)

    measured, margin = share_of_a(person, (0.5, -0.5))

    assert person.expected_accuracy(1.0) == pytest.approx(0.8)
    assert measured == pytest.approx(0.8, abs=margin)


def test_position_moves_equals_towards_the_side_shown_first():
    person = Annotator(name="left", position=0.6, lapse=0.0)

    first, margin = share_of_a(person, (0.0, 0.0), first="a")
    second, _ = share_of_a(person, (0.0, 0.0), first="b")

    assert first == pytest.approx(1 / (1 + np.exp(-0.6)), abs=margin)
    assert second == pytest.approx(1 / (1 + np.exp(0.6)), abs=margin)


def test_length_moves_equals_towards_the_longer_side():
    person = Annotator(name="long", length=0.9, lapse=0.0)

    measured, margin = share_of_a(person, (0.0, 0.0), lengths=(120, 60))

    assert measured == pytest.approx(1 / (1 + np.exp(-0.9 * np.log(2))), abs=margin)


def test_ties_are_for_equals_and_two_bad_answers_are_called_bad():
    person, rng = Annotator(name="even", ties=0.4, lapse=0.0), np.random.default_rng(3)

    equals = [person.answer((0.5, 0.5), (50, 50), "a", rng)[0] for _ in range(N)]
    bad = [person.answer((-0.9, -0.9), (50, 50), "a", rng)[0] for _ in range(N)]
    clear = [person.answer((1.0, -1.0), (50, 50), "a", rng)[0] for _ in range(N)]

    assert equals.count("tie") / N == pytest.approx(0.4, abs=0.03)
    assert bad.count("both_bad") / N == pytest.approx(0.4, abs=0.03)
    assert clear.count("tie") / N < 0.02


def test_reading_takes_time_and_lapses_do_not():
    rng = np.random.default_rng(4)
    careful, careless = Annotator(name="careful", lapse=0.0, pace=4.0), Annotator(name="careless", lapse=1.0)

    read = [careful.answer((0, 0), (100, 100), "a", rng)[1] for _ in range(N)]
    skipped = [careless.answer((0, 0), (100, 100), "a", rng)[1] for _ in range(N)]

    assert np.median(read) == pytest.approx(50, rel=0.05)
    assert max(skipped) <= 3.5


def test_a_correction_is_the_experts_message_and_good_answers_stay():
    person, rng = Annotator(name="mender", corrects=1.0), np.random.default_rng(5)
    expert = {"role": "assistant", "content": "Let me check our rules on this."}

    assert person.correction(-0.5, expert, rng) == expert
    assert person.correction(0.9, expert, rng) is None
    assert Annotator(name="idle", corrects=0.0).correction(-0.5, expert, rng) is None


def test_the_demo_has_all_roles_once_each_login():
    roles = [person.role for person in DEMO_LOGINS]

    assert len({person.username for person in DEMO_LOGINS}) == len(DEMO_LOGINS)
    assert {role: roles.count(role) for role in set(roles)} == {
        "annotator": 4, "manager": 1, "engineer": 1, "reviewer": 1,
    }  # fmt: skip
    assert all(person.annotator.name == person.username for person in DEMO_LOGINS if person.annotator)
