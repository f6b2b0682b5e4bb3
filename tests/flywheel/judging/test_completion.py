"""Reading a judge's reply, tidy or not."""

import json
import math

import pytest

from flywheel.judging.completion import Unreadable, read_completion, read_usage


def completion(content, logprobs=None):
    return {"choices": [{"message": {"role": "assistant", "content": content}, "logprobs": logprobs}]}


def reply(verdict="first", confidence=0.6, reason="Because."):
    return json.dumps({"reason": reason, "verdict": verdict, "confidence": confidence})


def tokens(*pieces):
    """Token probabilities; a piece is a text, or (text, {alternative: probability})."""
    pairs = [piece if isinstance(piece, tuple) else (piece, {piece: 1.0}) for piece in pieces]
    return {
        "content": [
            {"token": text, "top_logprobs": [{"token": t, "logprob": math.log(p)} for t, p in options.items()]}
            for text, options in pairs
        ]
    }


@pytest.mark.parametrize(
    ("verdict", "expected"), [("first", 0.8), ("second", 0.2), ("tie", 0.5), ("both_bad", 0.5), ("Both bad", 0.5)]
)
def test_confidence_becomes_a_probability_that_always_sides_with_the_verdict(verdict, expected):
    assert read_completion(completion(reply(verdict))).for_first == pytest.approx(expected)


@pytest.mark.parametrize("confidence", [None, "high", True, 85, -1])
def test_an_unusable_confidence_counts_as_half_sure(confidence):
    assert read_completion(completion(reply(confidence=confidence))).for_first == 0.75


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{reply()}\n```",
        f"Sure! {reply()} Hope this helps.",
        f"<think>maybe {{second}}</think>\n{reply()}",
        f"{reply()}\n{reply()}",
        reply(reason='It says {"verdict": "second"} itself.'),
    ],
)
def test_a_verdict_is_found_among_talk_thoughts_and_code_fences(content):
    assert read_completion(completion(content)).verdict == "first"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "empty"),
        (None, "empty"),
        ("The first one.", "no JSON object"),
        (reply()[:20], "no JSON object"),
        (reply("neither"), "not offered"),
        (reply("first") + reply("second"), "several"),
        ("{" * 40_000, "no JSON object"),
        ('{"a":' * 9_000, "no JSON object"),
    ],
    ids=["empty", "null", "prose", "cut off", "not offered", "several", "braces", "deeply nested"],
)
def test_a_reply_without_one_clear_verdict_is_unreadable(content, why):
    with pytest.raises(Unreadable, match=why):
        read_completion(completion(content))


@pytest.mark.parametrize("broken", [None, [], {}, {"choices": []}, {"choices": [{"message": None}]}, "text"])
def test_something_that_is_no_completion_is_unreadable(broken):
    with pytest.raises(Unreadable, match="not a chat completion"):
        read_completion(broken)


def test_token_probabilities_win_over_the_stated_confidence():
    given = tokens('{"verdict"', ': "', ("first", {"first": 0.7, "second": 0.2, "t": 0.1}), '"}')

    assert read_completion(completion(reply(confidence=1.0), given)).for_first == pytest.approx(0.7 + 0.05)


def test_a_token_may_hold_the_quote_and_only_the_beginning_of_the_verdict():
    given = tokens('{"verdict":', (' "fir', {' "fir': 0.6, ' "sec': 0.4}), 'st"}')

    assert read_completion(completion(reply(), given)).for_first == pytest.approx(0.6)


def test_the_last_verdict_key_decides_where_the_reason_quotes_another():
    given = tokens(
        '{"reason": "\\"verdict\\": no, "verdict": "',
        ("x", {"second": 0.9}),
        '", "verdict": "',
        ("first", {"first": 1.0}),
    )

    assert read_completion(completion(reply(), given)).for_first == 1.0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"content": None},
        {"content": [{"token": 5}]},
        tokens("no", "verdict"),
        tokens('"verdict": "', ("first", {"second": 1.0})),
        {"content": [{"token": '"verdict": "first"', "top_logprobs": [{"token": '"', "logprob": None}]}]},
    ],
)
def test_unusable_token_probabilities_fall_back_to_the_confidence(given):
    assert read_completion(completion(reply(), given)).for_first == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, (9, 2)),
        ({"prompt_tokens": "9", "completion_tokens": -2}, (0, 0)),
        (None, (0, 0)),
    ],
)
def test_usage_is_what_the_server_counted_or_nothing(usage, expected):
    assert read_usage({"usage": usage}) == expected
