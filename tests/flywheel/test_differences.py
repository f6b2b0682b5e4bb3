"""Where two conversations part, and which words of two texts differ."""

import itertools
import json
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.differences import Difference, first_difference, shared_prefix, word_diff
from flywheel.formats.reading import read
from tests.real_data import real_data


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


def test_sentences_that_stayed_are_not_cut_into_words():
    a = "We looked it up. The red car is yours. Bye!"
    b = "The red car is yours. Bye! We looked it up again."

    found = word_diff(a, b)

    assert ("equal", "The red car is yours. Bye!") in [(operation, text.strip()) for operation, text in found]


def test_neighbours_are_never_the_same_operation():
    found = word_diff("One. Two. Three. Four.", "One. Zwei. Drei. Four.")

    operations = [operation for operation, _ in found]
    assert all(a != b for a, b in itertools.pairwise(operations))
