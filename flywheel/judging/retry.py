"""When to ask an endpoint again, how long to wait first, and what to leave out of a request it refused."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np

from flywheel.records import JSON

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
PASSING = frozenset({408, 425, 429})
REFUSED_REQUEST = frozenset({400, 422})
# Extras some servers don't know, the most often refused first: each is dropped when a refusal names it.
EXTRAS = ("logprobs", "temperature", "max_tokens", "response_format")
JSON_OBJECT = {"type": "json_object"}


def may_pass(status: int) -> bool:
    """Whether a request answered with this status may succeed later: asked too soon, or the server's own trouble."""
    return status in PASSING or status >= 500


def wait_s(attempt: int, retry_after: float | None, rng: np.random.Generator) -> float:
    """Seconds after the attempt (counted from 1): exponential with jitter (half to all of it), never sooner than the server said."""
    backoff = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1)) * float(rng.uniform(0.5, 1.0))
    return max(backoff, retry_after or 0.0)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds asked for by a Retry-After header, given as seconds or as an HTTP date; None when absent or unreadable.

    The server's own Date header, where present, stands for now: its clock may be off.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = _http_date(value)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(headers.get("date", "")) or now)).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def relaxed(options: Mapping[str, JSON], refusal: str) -> dict[str, JSON] | None:
    """The request's options without what the refusal names, or else with a looser answer format; None = nothing left
    to give up. Formats go from a JSON schema to any JSON object to plain text."""
    named = [name for name in EXTRAS if name in options and name in refusal.lower()]
    given_up = named[0] if named else "response_format"
    if given_up not in options:
        given_up = next((name for name in EXTRAS if name in options), "")
    if not given_up:
        return None
    if given_up == "response_format" and options["response_format"] != JSON_OBJECT:
        return {**options, "response_format": JSON_OBJECT}
    left_out = {given_up, "top_logprobs"} if given_up == "logprobs" else {given_up}
    return {name: value for name, value in options.items() if name not in left_out}
