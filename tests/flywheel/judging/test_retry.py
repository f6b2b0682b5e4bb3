"""When to ask again, and what to give up."""

from datetime import UTC, datetime

import numpy as np
import pytest

from flywheel.judging.retry import JSON_OBJECT, LONGEST_WAIT_S, may_pass, relaxed, retry_after_s, wait_s

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


def test_waits_double_with_jitter_between_half_and_all_up_to_a_ceiling():
    rng = np.random.default_rng(0)

    for attempt, full in [(1, 0.5), (2, 1.0), (4, 4.0), (12, LONGEST_WAIT_S)]:
        waits = [wait_s(attempt, None, rng) for _ in range(200)]
        assert full / 2 <= min(waits) < 0.6 * full and 0.9 * full < max(waits) <= full


def test_the_servers_wish_is_a_floor_not_a_ceiling():
    rng = np.random.default_rng(0)

    assert wait_s(1, 20.0, rng) == 20.0
    assert wait_s(12, 0.0, rng) >= LONGEST_WAIT_S / 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "Fri, 01 May 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 01 May 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 01 May 2026 12:00:30 GMT", "date": "Fri, 01 May 2026 12:00:25 GMT"}, 5.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "9" * 5000}, 999_999_999.0),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers, expected):
    assert retry_after_s(headers, NOW) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, True), (500, True), (503, True), (408, True), (400, False), (401, False), (404, False)],
)
def test_only_what_may_pass_is_asked_again(status, expected):
    assert may_pass(status) is expected


OPTIONS = {
    "temperature": 0,
    "max_tokens": 9,
    "logprobs": True,
    "top_logprobs": 5,
    "response_format": {"type": "json_schema"},
}


def test_what_a_refusal_names_is_given_up_first():
    assert relaxed(OPTIONS, "'top_logprobs' is not supported").keys() == {
        "temperature",
        "max_tokens",
        "response_format",
    }
    assert "temperature" not in relaxed(OPTIONS, "Temperature must be 1")


def test_formats_go_from_schema_to_object_to_plain():
    looser = relaxed(OPTIONS, "unknown response_format")

    assert looser["response_format"] == JSON_OBJECT
    assert "response_format" not in relaxed(looser, "unknown response_format")


def test_an_endless_refusal_ends():
    options, steps = dict(OPTIONS), 0
    while options is not None:
        options, steps = relaxed(options, "no"), steps + 1

    assert steps == 6
