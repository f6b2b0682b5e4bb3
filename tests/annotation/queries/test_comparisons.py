"""How an item is laid out: folds, the parting, differing arguments, finals, and runs of any shape."""

import json
from typing import Any

import pytest

from annotation.errors import Invalid
from annotation.models import Assignment
from annotation.queries import cards, comparisons, differences, sides
from tests.factories import AssignmentFactory, ItemFactory, QueueFactory, TraceFactory, conversation

pytestmark = pytest.mark.django_db
Message = dict[str, Any]


def lent(*runs: list[Message], kind: str = "compare", **fields: Any) -> Assignment:
    queue = QueueFactory(kind=kind)
    traces = [TraceFactory(project=queue.project, messages=messages) for messages in runs]
    assignment: Assignment = AssignmentFactory(item=ItemFactory(queue=queue, traces=traces), **fields)
    return assignment


def screen(assignment: Assignment) -> dict[str, Any]:
    return comparisons.screen(assignment, sides.spread(assignment).traces)


def calling(tool: str, reply: str, **arguments: Any) -> list[Message]:
    made = {"id": "c", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [made]},
        {"role": "tool", "tool_call_id": "c", "content": reply},
    ]


ASKED = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Refund order 7."}]


def test_identical_steps_are_folded_and_the_first_difference_is_marked() -> None:
    start = [*ASKED, *calling("get_order", "ok", order=7)]
    first = [*start, *calling("refund", "done", charge="ch_1", amount=5), {"role": "assistant", "content": "Done."}]
    second = [
        *start,
        *calling("refund", "done", charge="ch_2", amount=5),
        {"role": "assistant", "content": "Refunded."},
    ]

    shown = screen(lent(first, second))

    assert (shown["task"], shown["preambles"]) == ("Refund order 7.", ["Be kind."])
    assert [block["kind"] for block in shown["blocks"]] == ["fold", "parting", "row", "row"]
    assert shown["blocks"][0]["tools"] == ["get_order"]
    left = {a["name"]: a["differs"] for a in shown["blocks"][2]["cards"][0]["calls"][0]["arguments"]}
    assert left == {"charge": True, "amount": False}
    assert [card["said"]["text"] for card in shown["blocks"][3]["cards"]] == ["Done.", "Refunded."]


def test_sides_follow_the_displayed_order() -> None:
    shown = screen(lent(conversation("of side a"), conversation("of side b"), order=[1, 0]))

    assert [card["said"]["text"] for card in shown["blocks"][-1]["cards"]] == ["of side b", "of side a"]


def test_one_answer_each_is_a_simple_screen() -> None:
    runs = [[ASKED[1], {"role": "assistant", "content": text}] for text in ("yes", "no")]

    shown = screen(lent(*runs))

    assert shown["is_simple"]
    assert [block["kind"] for block in shown["blocks"]] == ["row"]


def test_requests_that_differ_stand_on_their_sides() -> None:
    runs = [[{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}] for text in ("hello", "hi")]

    shown = screen(lent(*runs))

    assert shown["task"] == ""
    assert [card["asked"] for card in shown["blocks"][0]["cards"]] == ["hello", "hi"]


def test_three_sides_stand_beside_each_other() -> None:
    shown = screen(lent(*(conversation(text) for text in "xyz")))

    assert [block["kind"] for block in shown["blocks"]] == ["fold", "parting", "row"]
    assert len(shown["blocks"][2]["cards"]) == 3
    assert [pair["words"] for pair in shown["word_diffs"]] == ["A and B", "A and C"]


def test_a_run_that_ends_in_a_call_can_still_be_read() -> None:
    shown = screen(lent([*ASKED, *calling("refund", "x" * 200, order=7)], kind="correct"))

    (card,) = shown["blocks"][0]["cards"]
    assert card["replies"][0]["preview"] == "x" * cards.PREVIEW + " …" and not card["replies"][0]["is_short"]


def test_the_same_call_with_another_result_says_so() -> None:
    runs = [[*ASKED, *calling("get_order", seen, order=7)] for seen in ("sent", "lost")]

    shown = screen(lent(*runs))

    assert [card["seen_differs"] for card in shown["blocks"][0]["cards"]] == [True, True]


def test_runs_without_a_difference_have_no_parting() -> None:
    run = [*ASKED, *calling("get_order", "ok", order=7), {"role": "assistant", "content": "Done."}]

    shown = screen(lent(run, run))

    assert [block["kind"] for block in shown["blocks"]] == ["fold", "row"]
    assert shown["word_diffs"] == []


def long_run(count: int, seen: str) -> list[Message]:
    """Twenty steps that are always the same, then `count` whose results are `seen`."""
    same = [message for n in range(20) for message in calling("open", "x" * 900, page=n)]
    return [*ASKED, *same, *(message for n in range(count) for message in calling("edit", seen, line=n))]


def test_a_long_item_leaves_out_what_is_opened_later() -> None:
    shown = screen(lent(long_run(100, "a" * 900), long_run(100, "b" * 900)))

    fold, parting, *rows, second, third = shown["blocks"]
    assert shown["is_long"]
    assert (fold["count"], fold["cards"], fold["start"], fold["stop"]) == (20, [], 0, 20)
    assert parting == {"kind": "parting"}
    assert len(rows) == comparisons.ROWS
    seen = rows[0]["cards"][0]["replies"][0]
    assert (seen["content"], seen["part"]) == ("", "observation-0")
    assert [(b["start"], b["stop"], b["differing"]) for b in (second, third)] == [(60, 100, 40), (100, 120, 20)]


def test_what_a_long_item_left_out_is_served_in_full() -> None:
    assignment = lent(long_run(100, "a" * 900), long_run(100, "b" * 900), order=[1, 0])

    rows = differences.rows(assignment, 18, 22)
    whole = differences.passage(assignment, 1, 21, "observation-0")

    assert [block["kind"] for block in rows] == ["shared", "shared", "row", "row"]
    assert (whole["side"], whole["text"]) == ("A", "b" * 900)
    assert differences.passage(assignment, 2, 21, "action-0")["text"] == '{"line": 0}'


@pytest.mark.parametrize(
    ("place", "number", "part"),
    [(3, 1, "said"), (1, 9, "said"), (1, 0, "said"), (1, 1, "thought"), (1, 1, "observation-7"), (1, 1, "nonsense")],
)
def test_what_is_not_there_is_refused_kindly(place: int, number: int, part: str) -> None:
    assignment = lent(conversation("one"), conversation("two"))

    with pytest.raises(Invalid, match="does not belong to the item"):
        differences.passage(assignment, place, number, part)


def test_final_answers_are_compared_word_by_word_in_displayed_order() -> None:
    assignment = lent(conversation("It is red."), conversation("It is blue."), order=[1, 0])

    found = differences.words(assignment, "1", "2")

    assert (found["left"], found["right"]) == ("A", "B")
    assert found["parts"] == [("equal", "It is "), ("delete", "blue"), ("insert", "red"), ("equal", ".")]


@pytest.mark.parametrize(("left", "right"), [("1", "1"), ("1", "3"), ("x", "2")])
def test_only_two_sides_of_the_item_can_be_compared(left: str, right: str) -> None:
    with pytest.raises(Invalid):
        differences.words(lent(conversation("one"), conversation("two")), left, right)


def test_a_preview_that_is_cut_ends_in_an_ellipsis() -> None:
    assert cards.preview("a\n b") == "a b"
    assert cards.preview("x" * 97) == "x" * 96 + " …"
    assert cards.preview("x\n" + " " * 300 + "y") == "x …"
