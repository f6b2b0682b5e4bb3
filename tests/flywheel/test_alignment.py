"""Two runs side by side."""

import json
import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.alignment import (
    Difference,
    Row,
    align,
    argument_differences,
    first_difference,
    shared_prefix,
    word_diff,
)
from flywheel.formats.reading import read
from flywheel.records import Step
from tests.real_data import real_data


def step(tool: str, *, seen: str = "", **arguments: object) -> Step:
    """A step that calls a tool."""
    return Step(None, None, {"tool": tool, "arguments": arguments}, seen, 0)


def test_an_inserted_step_leaves_a_gap_and_the_rest_side_by_side():
    a = [step("find", order=1), step("refund", order=1), step("close")]
    b = [step("find", order=1), step("ask"), step("refund", order=2), step("close")]

    found = align(a, b)

    assert found.rows == (Row(0, 0, True), Row(None, 1, False), Row(1, 2, False), Row(2, 3, True))
    assert (found.prefix, found.divergence) == (1, 1)


def test_different_tools_never_share_a_row():
    assert align([step("a")], [step("b")]).rows in (
        (Row(0, None, False), Row(None, 0, False)),
        (Row(None, 0, False), Row(0, None, False)),
    )


def test_the_same_action_with_another_result_is_side_by_side_but_not_the_same():
    found = align([step("find", seen="yes")], [step("find", seen="no")])

    assert found.rows == (Row(0, 0, False),)
    assert (found.prefix, found.divergence) == (0, 0)


def test_equal_runs_have_no_divergence():
    run = [step("a"), step("b")]

    assert align(run, run).divergence is None
    assert align([], []).rows == ()


def least_cost(a: str, b: str) -> int:
    """Cost of the best alignment by plain recursion over a full table: gap 2, other arguments 1."""
    costs = [[2 * (i + j) for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same_tool = a[i - 1].lower() == b[j - 1].lower()
            match = costs[i - 1][j - 1] + (a[i - 1] != b[j - 1]) if same_tool else 10**6
            costs[i][j] = min(costs[i - 1][j] + 2, costs[i][j - 1] + 2, match)
    return costs[-1][-1]


@settings(max_examples=150, deadline=None)
@given(st.text("abAB", max_size=9), st.text("abAB", max_size=9))
def test_an_alignment_is_complete_in_order_and_of_least_cost(a, b):
    found = align(*([step(letter.lower(), big=letter.isupper()) for letter in text] for text in (a, b)))

    assert [row.a for row in found.rows if row.a is not None] == list(range(len(a)))
    assert [row.b for row in found.rows if row.b is not None] == list(range(len(b)))
    cost = sum(2 if row.a is None or row.b is None else a[row.a] != b[row.b] for row in found.rows)
    assert cost == least_cost(a, b)


def test_long_runs_are_aligned_within_a_band():
    draw = random.Random(1)
    a = [step(draw.choice("abcde"), x=draw.randrange(4)) for _ in range(3_000)]
    b = [one for index, one in enumerate(a) if index % 7]

    found = align(a, b)

    assert sum(row.same for row in found.rows) == len(b)
    assert sum(row.b is None for row in found.rows) == len(a) - len(b)


@pytest.fixture(scope="module")
def tasks() -> dict[str, list]:
    """Runs of the airline agent by task."""
    found = defaultdict(list)
    with (real_data("tau_bench") / "gpt-4o-airline.json").open("rb") as stream:
        for line in read(stream, "tau-bench"):
            found[line.found.task].append(line.found)
    return found


def test_all_runs_of_tau_bench_part_at_a_user_message(tasks):
    pairs = [(a, b) for runs in tasks.values() for i, a in enumerate(runs) for b in runs[i + 1 :]]

    differences = [first_difference(a.messages, b.messages) for a, b in pairs]

    assert len(pairs) == 300
    assert not any(difference is None or difference.both_assistant for difference in differences)


def test_real_runs_align_completely(tasks):
    for a, b, *_ in tasks.values():
        found = align(a.steps, b.steps)
        assert sum(row.a is not None for row in found.rows) == len(a.steps)
        assert all(row.same for row in found.rows[: found.prefix])


def call(name: str, arguments: object, call_id: str) -> dict:
    """An assistant message that calls a tool."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "function": {"name": name, "arguments": arguments}}],
    }


def test_ids_of_calls_and_the_writing_of_arguments_do_not_part_two_prefixes():
    a = [call("f", '{"x": 1, "y": 2}', "1"), {"role": "tool", "tool_call_id": "1", "content": "ok"}]
    b = [call("f", {"y": 2, "x": 1}, "2"), {"role": "tool", "tool_call_id": "2", "content": "ok"}]

    assert shared_prefix(a, b) == 2
    assert first_difference(a, b) is None


@pytest.mark.parametrize(
    ("next_a", "next_b", "expected"),
    [
        ({"role": "assistant", "content": "x"}, {"role": "assistant", "content": "y"}, Difference(1, True)),
        (call("f", "{}", "1"), call("g", "{}", "1"), Difference(1, True)),
        ({"role": "user", "content": "x"}, {"role": "user", "content": "y"}, Difference(1, False)),
        ({"role": "assistant", "content": "x"}, {"role": "user", "content": "x"}, Difference(1, False)),
        ({"role": "assistant", "content": "x"}, None, Difference(1, False)),
    ],
)
def test_the_first_difference_says_whether_both_go_on_with_the_agent(next_a, next_b, expected):
    shared = {"role": "user", "content": "hello"}

    assert first_difference([shared, *filter(None, [next_a])], [shared, *filter(None, [next_b])]) == expected


def test_differing_arguments_are_named():
    assert argument_differences({"a": 1, "b": [1], "c": 1, "d": True}, {"a": 1, "b": [2], "d": 1, "e": None}) == {
        "b", "c", "d", "e",
    }  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.text("ab .\n", max_size=30), st.text("ab .\n", max_size=30))
def test_a_word_diff_holds_both_texts(a, b):
    found = word_diff(a, b)

    assert "".join(text for operation, text in found if operation != "insert") == a
    assert "".join(text for operation, text in found if operation != "delete") == b


def test_a_word_diff_marks_the_word_that_changed():
    assert word_diff("the red car", "the blue car") == [
        ("equal", "the "),
        ("delete", "red"),
        ("insert", "blue"),
        ("equal", " car"),
    ]


def test_long_texts_that_share_little_are_two_blocks():
    a, b = "x " * 50_000, json.dumps(list(range(50_000)))

    assert [operation for operation, _ in word_diff(a, b)] == ["delete", "insert"]
