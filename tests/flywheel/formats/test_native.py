"""The native trace format: what is kept, what is derived, what is refused."""

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.formats import native, reading
from flywheel.records import BadInput, Trace

MESSAGES = [
    {"role": "user", "content": "Where is my order?"},
    {
        "role": "assistant",
        "content": "Let me look.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": "A1"}'}},
            {"id": "c2", "type": "function", "function": {"name": "track", "arguments": "not json"}},
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "name": "find", "content": "shipped"},
    {"role": "tool", "tool_call_id": "c2", "name": "track", "content": "Berlin"},
    {"role": "assistant", "content": "It is in Berlin."},
]
TRACE = {"id": "t1", "task": "order", "policy": "desk@3", "messages": MESSAGES}


def test_a_trace_survives_the_way_out_and_in():
    sent = TRACE | {
        "tools": [{"type": "function", "function": {"name": "find"}}],
        "outcome": {"status": "success", "reward": 1},
        "started_at": "2026-01-01T12:00:00+02:00",
        "ended_at": "2026-01-01T10:00:05Z",
        "usage": {"input_tokens": 10, "output_tokens": 5, "cost": 0.01},
        "tags": {"shop": "eu"},
        "metadata": {"run": 7},
    }

    trace = native.parse(sent)

    assert native.parse(json.loads(json.dumps(native.dump(trace)))) == trace
    assert trace.started_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert trace.outcome.reward == 1.0


def test_steps_are_derived_from_messages():
    first, last = native.parse(TRACE).steps

    assert first.thought == "Let me look."
    assert first.action == [{"tool": "find", "arguments": {"order": "A1"}}, {"tool": "track", "arguments": "not json"}]
    assert [seen["content"] for seen in first.observation] == ["shipped", "Berlin"]
    assert (first.message, last.message) == (1, 4)
    assert last.action == {"say": "It is in Berlin."}
    assert last.observation is None


def test_messages_are_derived_from_steps():
    steps = [
        {
            "state": {"page": 1},
            "thought": "Click it.",
            "action": {"tool": "click", "arguments": {"x": 1}},
            "observation": "ok",
        },
        {"state": {"page": 2}, "thought": None, "action": "Done.", "observation": None},
    ]

    trace = native.parse({"id": "t", "task": "Buy a book", "policy": "p@1", "steps": steps})

    assert [message["role"] for message in trace.messages] == ["user", "assistant", "tool", "assistant"]
    assert trace.messages[0]["content"] == 'Buy a book\n\n{"page": 1}'
    assert trace.messages[2]["content"] == 'ok\n\n{"page": 2}'
    assert trace.messages[2]["tool_call_id"] == trace.messages[1]["tool_calls"][0]["id"]
    assert [step.message for step in trace.steps] == [1, 3]
    assert native.parse(native.dump(trace)) == trace


def test_unknown_fields_are_kept_under_extra():
    trace = native.parse(TRACE | {"colour": "red", "usage": {"cached": 3}, "metadata": {"extra": {"old": 1}, "a": 2}})

    assert trace.metadata == {"a": 2, "extra": {"old": 1, "colour": "red", "usage": {"cached": 3}}}


def test_a_time_without_zone_is_taken_as_utc():
    assert native.parse(TRACE | {"started_at": "2026-01-01T12:00:00"}).started_at == datetime(
        2026, 1, 1, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"id": None}, "id is missing"),
        ({"id": " "}, "id is empty"),
        ({"id": 7}, "id must be text"),
        ({"id": "x" * 201}, "at most 200"),
        ({"id": "a\nb"}, "control character"),
        ({"task": None}, "task is missing"),
        ({"policy": None}, "policy is missing"),
        ({"policy": "desk"}, "name@version"),
        ({"policy": "de sk@1"}, "name@version"),
        ({"messages": []}, "Both messages and steps are empty"),
        ({"messages": "hello"}, "messages must be a list"),
        ({"messages": [{"role": "user", "content": "hi"}]}, "no assistant message"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages/0/role"),
        ({"messages": [{"role": "assistant"}]}, "content is missing"),
        ({"messages": [{"role": "assistant", "content": 3}]}, "messages/0/content must be text"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "no tool was called"),
        ({"messages": [*MESSAGES, {"role": "tool", "tool_call_id": "c9", "content": ""}]}, "names no earlier call"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "function must be an object"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": ""}}]}]}, "name is empty"),
        ({"steps": [{"action": 3}]}, "steps/0/action must be"),
        ({"steps": [{"action": "a"}]}, "steps has 1 entries but messages has 2"),
        ({"steps": [{"action": "a", "message": 0}]}, "steps/0/message"),
        ({"steps": [{"action": "a", "message": 99}]}, "steps/0/message"),
        ({"outcome": {"status": "great"}}, "outcome/status"),
        ({"outcome": "success"}, "outcome must be an object"),
        ({"outcome": {"reward": "1"}}, "reward must be a number"),
        ({"outcome": {"reward": math.nan}}, "outcome/reward is nan"),
        ({"usage": {"input_tokens": -1}}, "at least 0"),
        ({"usage": {"input_tokens": 10**30}}, "whole number"),
        ({"usage": {"input_tokens": True}}, "input_tokens must be a number"),
        ({"started_at": "yesterday"}, "started_at must be a time"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at must be a time"),
        ({"started_at": "2026-01-02T00:00:00Z", "ended_at": "2026-01-01T00:00:00Z"}, "before started_at"),
        ({"tools": {}}, "tools must be a list"),
        ({"tags": []}, "tags must be an object"),
        ({"metadata": {"deep": {"er": "a\0b"}}}, "metadata/deep/er holds a NUL"),
        ({"metadata": {"half": "\ud800"}}, "surrogate"),
        ({"metadata": {1: 2}}, "key that is a number"),
    ],
)
def test_a_bad_trace_is_refused_with_one_sentence(changes, sentence):
    with pytest.raises(BadInput, match=sentence) as refused:
        native.parse(TRACE | changes)

    assert "\n" not in str(refused.value)


def test_endless_nesting_is_refused():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(BadInput, match="nested deeper"):
        native.parse(TRACE | {"metadata": {"deep": deep}})


def test_the_content_hash_tells_other_content_apart_and_nothing_else():
    trace = native.parse(TRACE)

    assert native.content_hash(trace) == native.content_hash(native.parse(dict(reversed(TRACE.items()))))
    assert native.content_hash(trace) != native.content_hash(native.parse(TRACE | {"tags": {"a": 1}}))


FIELD_NAMES = st.sampled_from(
    "id task policy messages steps role content tool_calls function name arguments action tool say observation message"
    " outcome status reward usage cost started_at traj task_id trial info trajectory history idx cmp_key instruction"
    " response1 response2 chosen rejected item prompt a b metadata tags tools extra other".split()
)
TEXTS = st.text(max_size=6) | st.sampled_from(
    ["assistant", "user", "tool", "p@1", "m_n", "\n\nHuman: a\n\nAssistant: b"]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELD_NAMES, inner, max_size=5),
    max_leaves=15,
)
VALID = {
    "native": TRACE,
    "openai-chat": {"messages": MESSAGES},
    "tau-bench": {"task_id": 1, "trial": 0, "reward": 1.0, "info": {"task": {"instruction": "x"}}, "traj": MESSAGES},
    "swe-agent": {
        "trajectory": [{"action": "ls", "observation": "a", "response": "r", "state": "{}", "thought": "t"}],
        "history": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "r"}],
        "info": {"exit_status": "submitted", "model_stats": {"tokens_sent": 1}},
    },
    "pandalm": {"idx": 1, "cmp_key": "m_n", "instruction": "i", "input": "", "response1": "a", "response2": "b"},
    "hh-rlhf": {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"},
    "pairs": {"item": "i", "prompt": "p", "a": "x", "b": "y"},
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(reading.FORMATS)), st.dictionaries(FIELD_NAMES, JSON_VALUES, max_size=4), st.data())
def test_whatever_comes_in_a_parser_gives_traces_or_bad_input(name, changes, data):
    record = VALID[name] | {data.draw(st.sampled_from(sorted(VALID[name]))): data.draw(JSON_VALUES)} | changes

    try:
        found = reading.FORMATS[name](record, None)
    except BadInput:
        return

    assert all(isinstance(trace, Trace) and native.parse(native.dump(trace)) == trace for trace in found)


@pytest.mark.parametrize("name", sorted(reading.FORMATS))
@pytest.mark.parametrize("value", [None, 1, "text", [], [1], {}])
def test_what_is_no_record_is_refused(name, value):
    with pytest.raises(BadInput):
        reading.FORMATS[name](value, None)
