"""Runs side by side: steps in rows."""

import random
from collections import defaultdict
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.alignment import Row, align, argument_differences
from flywheel.formats.reading import read
from flywheel.records import Step
from tests.real_data import real_data

LETTERS = st.text("abAB", max_size=7)


def step(tool: str, *, seen: str = "", **arguments: object) -> Step:
    """A step that calls a tool."""
    return Step(None, None, {"tool": tool, "arguments": arguments}, seen, 0)


def said(text: str) -> Step:
    """A step that speaks."""
    return Step(None, None, {"say": text}, None, 0)


def run(letters: str) -> list[Step]:
    """A step for each letter: the tool is the letter, its size an argument."""
    return [step(letter.lower(), big=letter.isupper()) for letter in letters]


def test_an_inserted_step_leaves_a_gap_and_the_rest_side_by_side():
    a = [step("find", order=1), step("refund", order=1), step("close")]
    b = [step("find", order=1), step("ask"), step("refund", order=2), step("close")]

    found = align([a, b])

    assert found.rows == (Row((0, 0), True), Row((None, 1), False), Row((1, 2), False), Row((2, 3), True))
    assert (found.prefix, found.divergence) == (1, 1)


def test_different_tools_never_share_a_row_and_the_first_run_goes_first():
    assert align([[step("a")], [step("b")]]).rows == (Row((0, None), False), Row((None, 0), False))


def test_the_same_action_with_another_result_is_side_by_side_but_not_the_same():
    found = align([[step("find", seen="yes")], [step("find", seen="no")]])

    assert found.rows == (Row((0, 0), False),)
    assert (found.prefix, found.divergence) == (0, 0)


def test_equal_runs_have_no_divergence():
    same = run("ab")

    assert align([same, same]).divergence is None
    assert align([[], []]).rows == ()


def test_calls_stand_beside_those_whose_arguments_are_most_alike():
    a = [step("bash", command="pytest tests/test_queue.py -q")]
    b = [step("bash", command="git status"), step("bash", command="pytest tests/test_queue.py -x")]

    assert align([a, b]).rows == (Row((None, 0), False), Row((0, 1), False))


def test_what_is_said_stands_beside_what_is_said_in_like_words():
    a = [said("Which order is it?"), said("I have refunded the second charge.")]
    b = [said("I have refunded the first charge.")]

    assert align([a, b]).rows == (Row((0, None), False), Row((1, 0), False))


def test_three_runs_share_rows_wherever_two_of_them_do():
    found = align([run("abd"), run("acd"), run("aCd")])

    assert [row.steps for row in found.rows] == [(0, 0, 0), (1, None, None), (None, 1, 1), (2, 2, 2)]
    assert found.divergence == 1


def unlike(a: str, b: str) -> int:
    """What two letters cost beside each other."""
    return 0 if a == b else 80 if a.lower() == b.lower() else 10**6


def least_cost(a: str, b: str) -> int:
    """Cost of the best alignment of two runs by the plain full table."""
    costs = [[100 * (i + j) for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            match = costs[i - 1][j - 1] + unlike(a[i - 1], b[j - 1])
            costs[i][j] = min(costs[i - 1][j] + 100, costs[i][j - 1] + 100, match)
    return costs[-1][-1]


@settings(max_examples=150, deadline=None)
@given(LETTERS, LETTERS)
def test_two_runs_are_aligned_at_the_least_cost(a, b):
    found = align([run(a), run(b)])

    cost = sum(100 if None in row.steps else unlike(a[row.steps[0]], b[row.steps[1]]) for row in found.rows)
    assert cost == least_cost(a, b)


@settings(max_examples=100, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=6))
def test_every_step_appears_once_and_in_order(texts):
    found = align([run(text) for text in texts])

    for place, text in enumerate(texts):
        assert [row.steps[place] for row in found.rows if row.steps[place] is not None] == list(range(len(text)))
    for row in found.rows:
        tools = {text[index].lower() for text, index in zip(texts, row.steps, strict=True) if index is not None}
        assert len(tools) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(LETTERS, min_size=2, max_size=3))
def test_the_order_of_the_runs_changes_nothing_but_the_columns(texts):
    once = align([run(text) for text in texts])
    shared = {row.steps for row in once.rows}

    for order in permutations(range(len(texts))):
        again = align([run(texts[place]) for place in order])
        back = [order.index(place) for place in range(len(texts))]
        if len(set(texts)) == len(texts):
            assert {tuple(row.steps[place] for place in back) for row in again.rows} == shared
        assert (again.prefix, sum(row.same for row in again.rows)) == (once.prefix, sum(row.same for row in once.rows))


def test_long_runs_are_aligned_within_a_band():
    draw = random.Random(1)
    a = [step(draw.choice("abcde"), x=draw.randrange(4)) for _ in range(3_000)]
    b = [one for index, one in enumerate(a) if index % 7]

    found = align([a, b])

    assert sum(row.same for row in found.rows) == len(b)
    assert sum(row.steps[1] is None for row in found.rows) == len(a) - len(b)


@pytest.fixture(scope="module")
def tasks() -> dict[str, list]:
    """Runs of the airline agent by task."""
    found = defaultdict(list)
    with (real_data("tau_bench") / "gpt-4o-airline.json").open("rb") as stream:
        for line in read(stream, "tau-bench"):
            found[line.found.task].append(line.found)
    return found


def test_real_runs_align_completely(tasks):
    for runs in list(tasks.values())[:12]:
        found = align([one.steps for one in runs])
        assert [sum(row.steps[n] is not None for row in found.rows) for n in range(len(runs))] == [
            len(one.steps) for one in runs
        ]
        assert all(row.same for row in found.rows[: found.prefix])


def test_differing_arguments_are_named():
    assert argument_differences({"a": 1, "b": [1], "c": 1, "d": True}, {"a": 1, "b": [2], "d": 1, "e": None}) == {
        "b", "c", "d", "e",
    }  # fmt: skip
