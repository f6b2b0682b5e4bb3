"""Masked traces: stable placeholders, valid JSON, nothing found twice, nothing leaked."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.formats import native
from flywheel.formats.reading import read
from flywheel.records import BadInput
from flywheel.sanitise import detectors, masking, policy
from flywheel.sanitise.masking import sanitise
from flywheel.sanitise.report import Summary
from tests.real_data import real_data


def trace(content, arguments="{}", **more):
    """A trace whose agent says something and calls a tool."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    messages = [
        {"role": "user", "content": content},
        {"role": "assistant", "content": content, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": content},
    ]
    return native.parse({"id": "t", "task": "t", "policy": "p@1", "messages": messages} | more)


def test_the_same_value_has_the_same_placeholder_all_over_the_trace():
    given_trace = trace("jo@x.com and al@x.com, JO@x.com", '{"to": "al@x.com"}', tags={"by": "al@x.com"})

    masked, findings = sanitise(given_trace)

    assert masked.messages[0]["content"] == "[EMAIL_1] and [EMAIL_2], [EMAIL_1]"
    assert masked.messages[1]["tool_calls"][0]["function"]["arguments"] == '{"to": "[EMAIL_2]"}'
    assert masked.steps[0].action == {"tool": "f", "arguments": {"to": "[EMAIL_2]"}}
    assert masked.tags == {"by": "[EMAIL_2]"}
    assert findings[0].path == "messages/0/content"
    assert (findings[0].start, findings[0].end, findings[0].kind, findings[0].action) == (0, 8, "EMAIL", "masked")


def test_numbers_written_differently_are_the_same_number():
    masked, _ = sanitise(trace("Phone: +1 212 736 5000 or +12127365000"))

    assert masked.messages[0]["content"] == "Phone: [PHONE_1] or [PHONE_1]"


def test_arguments_stay_valid_json_whatever_the_type_of_the_value():
    arguments = json.dumps({"card": 4111111111111111, "note": 'ask "jo@x.com"', "phone": 2127365000, "n": 12345678})

    masked, findings = sanitise(trace("hi", arguments.replace("jo@x.com", "jo\\u0040x.com")))

    found = json.loads(masked.messages[1]["tool_calls"][0]["function"]["arguments"])
    assert found == {"card": "[CARD_1]", "note": 'ask "[EMAIL_1]"', "phone": "[PHONE_1]", "n": 12345678}
    assert "messages/1/tool_calls/0/function/arguments/note" in {finding.path for finding in findings}


def test_json_without_findings_is_left_as_it_was_written():
    arguments = '{ "price":1.50,\n "b" : [ ] }'

    masked, findings = sanitise(trace("hi", arguments))

    assert masked.messages[1]["tool_calls"][0]["function"]["arguments"] == arguments
    assert findings == ()


def test_json_that_repeats_a_key_hides_nothing():
    masked, _ = sanitise(trace('{"a": "jo@x.com", "a": "b"}'))

    assert masked.messages[0]["content"] == '{"a": "[EMAIL_1]", "a": "b"}'


def test_a_value_under_the_name_of_a_secret_is_masked_whole():
    masked, _ = sanitise(trace("hi", '{"user": "jo", "password": "correct horse"}'))

    assert masked.steps[0].action["arguments"] == {"user": "jo", "password": "[SECRET_1]"}


def test_keys_are_masked_and_never_stand_in_paths():
    masked, findings = sanitise(trace("hi", metadata={"jo@x.com": {"mail": "al@x.com"}}))

    assert masked.metadata == {"[EMAIL_1]": {"mail": "[EMAIL_2]"}}
    assert not [finding for finding in findings if "@" in finding.path]


def test_names_that_hold_traces_together_are_reported_and_stay():
    masked, findings = sanitise(trace("hi", id="run of jo@x.com"))

    assert masked.id == "run of jo@x.com"
    assert [(finding.path, finding.action) for finding in findings] == [("id", "reported")]


def test_a_kind_can_be_reported_only():
    rules = policy.parse({"EMAIL": "reported", "IP": "masked"})

    masked, findings = sanitise(trace("jo@x.com from 10.0.0.7"), policy=rules)

    assert masked.messages[0]["content"] == "jo@x.com from [IP_1]"
    assert {(finding.kind, finding.action) for finding in findings} == {("EMAIL", "reported"), ("IP", "masked")}


@pytest.mark.parametrize("rules", [[], {"NAME": "masked"}, {"IP": "hidden"}, {"IP": 1}])
def test_a_masking_policy_that_means_nothing_is_refused(rules):
    with pytest.raises(BadInput):
        policy.parse(rules)


def test_numbering_goes_on_after_placeholders_already_there():
    masked, _ = sanitise(trace("[EMAIL_7] wrote to jo@x.com"))

    assert masked.messages[0]["content"] == "[EMAIL_7] wrote to [EMAIL_8]"


def test_a_detector_that_fails_fails_the_call(monkeypatch):
    def broken(text: str, key: str) -> list:
        raise RuntimeError("broken")

    failing = replace(detectors.DETECTORS[0], find=broken)
    monkeypatch.setattr(masking, "find", lambda text, key="": detectors.find(text, key, [failing]))

    with pytest.raises(RuntimeError):
        sanitise(trace("hi"))


PIECES = st.sampled_from(
    ["jo@x.com", "4111 1111 1111 1111", "+1 212 736 5000", "078-05-1120", "DE89370400440532013000", "10.0.0.7", "phone",
     "password: hunter2x", "[EMAIL_1]", "call", "AKIAIOSFODNN7EXAMPLE", "://a:b1234@", "{", "}", '"', ":", "[", "]", "1",
     "\\", "\u200b", "İ", "\ud800", "-", " ", "(", "\n"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(["", "phone", "password", "note"]))
def test_masking_again_changes_nothing(text, key):
    plain = replace(trace("x"), metadata={key: text, "list": [text, {"again": text}]})

    once, _ = sanitise(plain)
    twice, findings = sanitise(once)

    assert twice == once
    assert not [finding for finding in findings if finding.action == "masked"]


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_no_planted_value_survives(text):
    planted = f"{text} Kim.Doe@mail.example.com {text}"

    masked, findings = sanitise(replace(trace("x"), metadata={"a": planted}))

    assert "Kim.Doe@mail" not in json.dumps(masked.metadata)
    assert "Kim.Doe" not in json.dumps([asdict(finding) for finding in findings])


def test_real_runs_keep_their_reservations_flights_and_dates():
    """Measured: e-mail addresses are all that is found in the 200 runs."""
    summary = Summary()
    with (real_data("tau_bench") / "gpt-4o-airline.json").open("rb") as stream:
        for line in read(stream, "tau-bench"):
            masked, findings = sanitise(line.found)
            summary.add(findings)
            assert native.parse(json.loads(json.dumps(native.dump(masked)))) == masked
            assert "steps" not in native.dump(masked)  # steps and messages still tell the same story

    assert summary.traces == 200
    assert [(row["kind"], row["action"]) for row in summary.rows()] == [("EMAIL", "masked")]
    assert 230 <= summary.rows()[0]["findings"] <= 280
