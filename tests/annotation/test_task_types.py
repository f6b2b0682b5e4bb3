"""Every kind of answer: what is stored shows itself as it was given, whatever order this person saw."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.errors import Invalid
from annotation.task_types import compare, correct, mark
from annotation.task_types.context import Asked
from annotation.task_types.rankings import pair_labels
from tests.factories import conversation

RUBRIC = [{"key": "truth", "name": "True", "help": ""}, {"key": "tone", "name": "Tone", "help": ""}]
FIND_ORDER = {
    "type": "function",
    "function": {
        "name": "find_order",
        "parameters": {
            "type": "object",
            "properties": {"order": {"type": "integer"}, "by": {"enum": ["mail", "phone"]}},
            "required": ["order"],
            "additionalProperties": False,
        },
    },
}


def asked(count: int = 2, **rules: Any) -> Asked:
    """What a queue with every question asks."""
    return Asked(rubric=RUBRIC, tools=lambda: [[FIND_ORDER]] * count, asks_strength=True, **rules)


def told(count: int = 2) -> Any:
    """The runs of an item."""
    return lambda: [conversation(f"Answer {number} 🙂 of the desk.") for number in range(count)]


def unread() -> Any:
    """Runs that nobody may load."""
    raise AssertionError("a plain answer needs no run")


def ranking_of(places: list[str], cuts: list[bool]) -> list[list[str]]:
    """The places in groups, cut where `cuts` says so."""
    groups: list[list[str]] = [[places[0]]]
    for place, cut in zip(places[1:], cuts, strict=True):
        groups.append([place]) if cut else groups[-1].append(place)
    return [sorted(group) for group in groups]


comments_of = st.builds(
    lambda side, start, length, text: {
        "side": str(side + 1),
        "message": 3,
        "start": start,
        "end": start + length,
        "quote": (start, length),
        "text": text,
    },
    st.integers(0, 5),
    st.integers(0, 8),
    st.integers(1, 8),
    st.text("abc é", min_size=1).map(lambda text: f"x{text}x"),
)
calls_of = st.none() | st.lists(
    st.builds(
        lambda order, by: {"name": "find_order", "arguments": {"order": order} | ({"by": by} if by else {})},
        st.integers(1, 9),
        st.sampled_from([None, "mail", "phone"]),
    ),
    max_size=2,
)


@st.composite
def extras(draw: Any, order: list[int], runs: Any) -> dict[str, Any]:
    """What may come with any answer: a rationale, comments, a correction."""
    comments = []
    for comment in draw(st.lists(comments_of, max_size=2)):
        side = min(int(comment["side"]), len(order)) - 1
        start, end = comment["start"], comment["end"]
        quote = runs()[order[side]][3]["content"][start:end]
        comments.append(comment | {"side": str(side + 1), "quote": quote})
    correction = None
    if draw(st.booleans()):
        correction = {"side": str(draw(st.integers(1, len(order)))), "message": 1, "content": "First I look it up."}
        calls = draw(calls_of)
        correction |= {} if calls is None else {"tool_calls": calls}
    return {"rationale": draw(st.sampled_from(["", "because"])), "correction": correction, "comments": comments}


@st.composite
def comparisons(draw: Any) -> tuple[dict[str, Any], list[int]]:
    """An answer to a comparison in displayed terms, and the order of the sides."""
    count = draw(st.integers(2, 6))
    order = draw(st.permutations(range(count)))
    places = [str(number + 1) for number in range(count)]
    ranking, choice = None, draw(st.sampled_from([*(places if count == 2 else []), "tie", "both_bad"]))
    if count > 2 and draw(st.booleans()):
        ranking = ranking_of(draw(st.permutations(places)), [draw(st.booleans()) for _ in places[1:]])
        choice = ranking[0][0] if len(ranking[0]) == 1 else "tie"
    is_picked = choice in places
    answer = {
        "choice": choice,
        "ranking": ranking,
        "strength": draw(st.sampled_from([None, 1, 2, 3])) if is_picked else None,
        "criteria": draw(st.dictionaries(st.sampled_from(["truth", "tone"]), st.sampled_from([*places, "tie"]))),
    }
    return answer | draw(extras(order, told(count))), order


@given(comparisons())
def test_a_comparison_shows_itself_as_it_was_given(given_answer):
    answer, order = given_answer

    stored = compare.check(answer, order=order, messages=told(len(order)), asked=asked(len(order)))

    assert compare.displayed(stored, order) == answer
    again = compare.check(
        compare.displayed(stored, order), order=order, messages=told(len(order)), asked=asked(len(order))
    )
    assert again == stored


@st.composite
def marks(draw: Any) -> dict[str, Any]:
    """An answer to a run of two steps."""
    first = draw(st.none() | st.integers(1, 2))
    steps = []
    for step in draw(st.lists(st.integers(1, 2), unique=True, max_size=2).map(sorted)):
        is_before = first is not None and step < first
        values = [1, 0] if is_before else [0, -1] if step == first else [1, 0, -1]
        value = draw(st.sampled_from(values))
        reason = draw(st.sampled_from(["", *mark.REASONS])) if value < 1 else ""
        steps.append({"step": step, "value": value, "reason": reason})
    bad = any(entry["value"] < 0 for entry in steps)
    is_clean = first is None and not bad and (not steps or draw(st.booleans()))
    return {"steps": steps, "first_error": first, "is_clean": is_clean} | draw(extras([0], told(1)))


@given(marks())
def test_marks_show_themselves_as_they_were_given(answer):
    stored = mark.check(answer, order=[0], messages=told(1), asked=asked(1))

    assert mark.displayed(stored, [0]) == answer


@given(st.data())
def test_a_rewritten_run_shows_itself_as_it_was_given(data):
    answer = data.draw(extras([0], told(1)).filter(lambda extra: extra["correction"] is not None))

    stored = correct.check(answer, order=[0], messages=told(1), asked=asked(1))

    assert correct.displayed(stored, [0]) == answer


def test_plain_answers_read_no_run():
    rules = Asked(rubric=RUBRIC, tools=unread)

    picked = compare.check({"choice": "1"}, order=[1, 0], messages=unread, asked=rules)
    ranked = compare.check({"ranking": [["2"], ["1", "3"]]}, order=[2, 0, 1], messages=unread, asked=rules)
    clean = mark.check({"is_clean": True}, order=[0], messages=unread, asked=rules)

    assert picked["choice"] == "b"
    assert (ranked["choice"], ranked["ranking"]) == ("a", [[0], [1, 2]])
    assert clean["is_clean"] is True


def test_an_old_answer_without_the_newer_parts_can_still_be_shown():
    old = {"choice": "b", "rationale": "", "correction": None}

    shown = compare.displayed(old, [1, 0])

    assert (shown["choice"], shown["ranking"], shown["criteria"], shown["comments"]) == ("1", None, {}, [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "Choose first"),
        ({"choice": "1"}, "Rank all runs"),
        ({"choice": "7"}, "one of the sides"),
        ({"ranking": [["1"], ["2"]]}, "1 of 3 has no place"),
        ({"ranking": [["1"], ["2"], ["1", "3"]]}, "twice"),
        ({"ranking": "1>2>3"}, "list of groups"),
        ({"ranking": [["1"], ["2"], ["3"]], "choice": "2"}, "differ"),
        ({"ranking": [["1"], ["2"], ["3"]], "choice": "both_bad"}, "differ"),
        ({"ranking": [["1"], ["2"], ["3"]], "strength": 4}, "how much better"),
        ({"choice": "tie", "criteria": {"speed": "1"}}, "no criterion 'speed'"),
        ({"choice": "tie", "criteria": ["truth"]}, "criteria must be an object"),
        ({"choice": "tie", "rationale": "\ud800"}, "plain text"),
        ({"choice": "tie", "comments": [{"side": "1", "message": 3, "start": 0, "end": 6, "quote": "Reply", "text": "x"}]},
         "not at that place"),
        ({"choice": "tie", "comments": [{"side": "1", "message": 9, "start": 0, "end": 6, "quote": "x", "text": "x"}]},
         "does not have"),
        ({"choice": "tie", "comments": [{"side": "1", "message": 3, "start": 0, "end": 6, "quote": "Answer", "text": " "}]},
         "empty"),
    ],
)  # fmt: skip
def test_a_comparison_that_makes_no_sense_is_refused_in_a_sentence(answer, words):
    with pytest.raises(Invalid, match=words):
        compare.check(answer, order=[2, 0, 1], messages=told(3), asked=asked(3))


def test_best_of_n_takes_a_pick_alone():
    stored = compare.check({"choice": "2"}, order=[2, 0, 1], messages=unread, asked=asked(3, asks_ranking=False))

    assert list(pair_labels(stored["choice"], stored["ranking"], 3)) == [(0, 1, "a"), (0, 2, "a")]


def test_a_strength_beside_a_tie_is_not_kept():
    stored = compare.check({"choice": "tie", "strength": 2}, order=[0, 1], messages=unread, asked=asked())

    assert stored["strength"] is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"name": "find_ordr", "arguments": {"order": 1}}, "no tool called find_ordr; choose among find_order"),
        ({"name": "find_order", "arguments": {}}, "the argument “order” is missing"),
        ({"name": "find_order", "arguments": {"order": "1"}}, "“order” must be of type integer, not text"),
        ({"name": "find_order", "arguments": {"order": 1, "by": "fax"}}, "“by” must be one of mail, phone"),
        ({"name": "find_order", "arguments": {"order": 1, "to": 2}}, "'to' was unexpected"),
        ({"name": "find_order", "arguments": '{"order": 1}'}, "must be an object"),
        ({"name": "find_order", "arguments": {"order": float("nan")}}, "JSON does not have"),
        ({"name": "find_order", "arguments": {"order": 4711}}, "same as the original"),
    ],
)
def test_a_tool_call_that_does_not_fit_its_tool_is_refused_by_name(call, words):
    correction = {"side": "1", "message": 1, "content": "", "tool_calls": [call]}

    with pytest.raises(Invalid, match=words):
        correct.check({"correction": correction}, order=[0], messages=told(1), asked=asked(1))


def test_a_schema_that_is_broken_or_points_elsewhere_hinders_nobody():
    broken = {"name": "find_order", "input_schema": {"type": "no such type"}}
    elsewhere = {"name": "find_order", "input_schema": {"$ref": "http://127.0.0.1:9/schema.json"}}
    call = {"name": "find_order", "arguments": {"order": 12}}
    correction = {"side": "1", "message": 1, "content": "", "tool_calls": [call]}

    for tool in (broken, elsewhere):
        rules = Asked(tools=lambda tool=tool: [[tool]])
        stored = correct.check({"correction": correction}, order=[0], messages=told(1), asked=rules)
        assert stored["correction"]["tool_calls"] == [call]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "Mark a step first"),
        ({"first_error": 3}, "this run has 2 steps"),
        ({"steps": [{"step": 0, "value": 1}]}, "this run has 2 steps"),
        ({"steps": [{"step": 1, "value": 2}]}, "Mark step 1 as good"),
        ({"steps": [{"step": 1, "value": -1, "reason": "bad mood"}]}, "reason at step 1"),
        ({"steps": [{"step": 1, "value": 1, "reason": "other"}]}, "needs no reason"),
        ({"steps": [{"step": 1, "value": 1}, {"step": 1, "value": 0}]}, "marked twice"),
        ({"steps": [{"step": 2, "value": 1}], "first_error": 2}, "as good and as the first error"),
        ({"steps": [{"step": 1, "value": -1}], "first_error": 2}, "Step 1 is marked as bad"),
        ({"is_clean": True, "first_error": 2}, "mark step 2 as one"),
        ({"is_clean": True, "steps": [{"step": 1, "value": -1}]}, "mark step 1 as one"),
    ],
)
def test_marks_that_contradict_each_other_are_refused(answer, words):
    with pytest.raises(Invalid, match=words):
        mark.check(answer, order=[0], messages=told(1), asked=asked(1))
