"""How an item is laid out: folds, the parting, differing arguments, finals, and runs of any shape."""

import json
from typing import Any

import pytest

from annotation.models import Assignment
from annotation.queries import choices, comparisons
from tests.factories import AssignmentFactory, ItemFactory, QueueFactory, TraceFactory, conversation

pytestmark = pytest.mark.django_db
Message = dict[str, Any]


def lent(*runs: list[Message], kind: str = "compare", **fields: Any) -> Assignment:
    queue = QueueFactory(kind=kind)
    traces = [TraceFactory(project=queue.project, messages=messages) for messages in runs]
    assignment: Assignment = AssignmentFactory(item=ItemFactory(queue=queue, traces=traces), **fields)
    return assignment


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

    shown = comparisons.screen(lent(first, second))

    assert (shown["task"], shown["preambles"]) == ("Refund order 7.", ["Be kind."])
    assert [block["kind"] for block in shown["blocks"]] == ["fold", "parting", "row", "row"]
    assert shown["blocks"][0]["tools"] == ["get_order"]
    left = {a["name"]: a["differs"] for a in shown["blocks"][2]["cards"][0]["calls"][0]["arguments"]}
    assert left == {"charge": True, "amount": False}
    assert [card["said"] for card in shown["blocks"][3]["cards"]] == ["Done.", "Refunded."]


def test_sides_and_corrections_follow_the_displayed_order() -> None:
    shown = comparisons.screen(lent(conversation("of side a"), conversation("of side b"), order=[1, 0]))

    assert [card["said"] for card in shown["blocks"][-1]["cards"]] == ["of side b", "of side a"]
    assert [(o["value"], o["label"], o["text"]) for o in shown["correctable"]] == [
        ("1:3", "A · final answer", "of side b"),
        ("2:3", "B · final answer", "of side a"),
    ]


def test_one_answer_each_is_a_simple_screen() -> None:
    runs = [[ASKED[1], {"role": "assistant", "content": text}] for text in ("yes", "no")]

    shown = comparisons.screen(lent(*runs))

    assert shown["is_simple"]
    assert [block["kind"] for block in shown["blocks"]] == ["row"]


def test_requests_that_differ_stand_on_their_sides() -> None:
    runs = [[{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}] for text in ("hello", "hi")]

    shown = comparisons.screen(lent(*runs))

    assert shown["task"] == ""
    assert [card["asked"] for card in shown["blocks"][0]["cards"]] == ["hello", "hi"]


def test_three_sides_stand_beside_each_other() -> None:
    shown = comparisons.screen(lent(*(conversation(text) for text in "xyz")))

    assert [choice["value"] for choice in shown["choices"]] == ["1", "2", "3", "tie", "both_bad"]
    assert all(len(block["cards"]) == 3 for block in shown["blocks"] if "cards" in block)


def test_a_run_that_ends_in_a_call_can_still_be_read_and_corrected() -> None:
    shown = comparisons.screen(lent([*ASKED, *calling("refund", "x" * 200, order=7)], kind="correct"))

    (card,) = shown["blocks"][0]["cards"]
    assert card["replies"][0]["preview"] == "x" * comparisons.PREVIEW and not card["replies"][0]["is_short"]
    assert shown["correctable"][0]["value"] == "1:2"


@pytest.mark.parametrize("answer", [{}, {"correction": None}, {"correction": "nonsense"}])
def test_drafts_of_any_shape_leave_the_editor_closed(answer: dict[str, Any]) -> None:
    assert choices.correction(answer, [], is_given=True) == {"of": "", "content": "", "is_open": False}
