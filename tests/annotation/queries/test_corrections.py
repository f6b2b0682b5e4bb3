"""The editor of a correction, and where quoted words stand."""

from time import perf_counter
from typing import Any

import pytest

from annotation.queries import choices, corrections, passages
from tests.factories import AssignmentFactory, ItemFactory, TraceFactory

pytestmark = pytest.mark.django_db


def lent(order: tuple[int, ...] = (1, 0)) -> Any:
    """Two runs, the second shown first."""
    item = ItemFactory(traces=[TraceFactory(text=f"Sent on **Monday**, says {side}.") for side in "ab"])
    return AssignmentFactory(item=item, order=list(order))


def test_the_editor_opens_with_the_final_answer_of_the_displayed_side() -> None:
    found = corrections.editor(lent(), "1", {})

    assert (found["of"], found["content"]) == ("1:3", "Sent on **Monday**, says b.")
    assert [label for _, label, _ in found["options"]] == ["A · final answer", "A · step 1", "B · final answer"]


def test_a_call_becomes_fields_with_readable_arguments_and_room_for_another() -> None:
    found = corrections.editor(lent(), "2:1", {})

    first, blank = found["calls"]
    assert (first["name"], first["arguments"]) == ("find_order", '{"order": 4711}')
    assert found["had_calls"] and blank["is_new"]


def test_what_was_typed_wins_and_a_refusal_stands_beside_its_call() -> None:
    call = {"name": "find_order", "arguments": {"order": "?"}}
    typed = {"correction": {"side": "2", "message": 1, "content": "", "tool_calls": [call]}}

    found = corrections.editor(lent(), "", typed, "The call of find_order does not fit the tool.")

    assert found["of"] == "2:1"
    assert found["calls"][0]["arguments"] == '{"order": "?"}' and found["calls"][0]["error"]


@pytest.mark.parametrize("wanted", ["7", "1:99", "x", "1:0"])
def test_a_place_that_is_not_there_opens_no_foreign_message(wanted: str) -> None:
    found = corrections.editor(lent(), wanted, {})

    assert found == {} or found["of"] == "1:3"


@pytest.mark.parametrize(
    "draft", [{}, {"correction": "x"}, {"correction": {"side": 1}}, {"ranking": {}, "steps": 3, "comments": [1]}]
)
def test_drafts_of_any_shape_are_shown_as_far_as_they_fit(draft: dict[str, Any]) -> None:
    found = choices.usable(draft)

    assert found["correction"] is None and found["comments"] == [] and found["ranking"] == []


def test_words_that_markdown_had_dressed_are_found_in_the_source() -> None:
    shown = {"side": "1", "message": 3, "start": 0, "end": 14, "quote": "Sent on Monday", "text": "wrong day"}

    (found,) = passages.located([shown], lent())

    assert (found["start"], found["quote"]) == (0, "Sent on **Monday")


@pytest.mark.parametrize("quote", ["-" * 5000, "| " * 2500 + "no such words"])
def test_runs_of_dashes_and_table_marks_are_looked_up_at_once(quote: str) -> None:
    item = ItemFactory(traces=[TraceFactory(text="- |" * 1700 + side) for side in "ab"])
    comment = {"side": "1", "message": 3, "start": 9, "end": 9 + len(quote), "quote": quote, "text": "odd"}
    one: Any = AssignmentFactory(item=item, order=[0, 1])
    began = perf_counter()

    (found,) = passages.located([comment], one)

    assert found == comment
    assert perf_counter() - began < 1


@pytest.mark.parametrize("comments", [5, [5], "x", {"side": "1"}, [{}], [{"side": [], "message": [], "quote": 1}]])
def test_comments_of_any_shape_are_left_for_the_check(comments: Any) -> None:
    assert passages.located(comments, lent()) == comments
