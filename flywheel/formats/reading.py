"""Records from a byte stream: good ones as traces (or what else they are), bad ones with their number and reason."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Generic, NamedTuple, TypeVar

from flywheel.formats import native, openai_chat, preference_pairs, shape, splitting, swe_agent, tau_bench
from flywheel.records import JSON, BadInput, Trace

Found = TypeVar("Found")


class Line(NamedTuple, Generic[Found]):
    """One finding of a stream: what was found or why nothing was, the number of its record, and the record's bytes."""

    number: int
    found: Found | BadInput
    raw: bytes


def _native(obj: JSON, policy: str | None) -> tuple[Trace, ...]:
    given = isinstance(obj, dict) and obj.get("policy") is None and policy is not None
    return (native.parse({**obj, "policy": policy} if given else obj),)


def _openai_chat(obj: JSON, policy: str | None) -> tuple[Trace, ...]:
    return (openai_chat.parse(obj, policy or openai_chat.POLICY),)


def _tau_bench(obj: JSON, policy: str | None) -> tuple[Trace, ...]:
    return (tau_bench.parse(obj, policy or tau_bench.POLICY),)


def _swe_agent(obj: JSON, policy: str | None) -> tuple[Trace, ...]:
    return (swe_agent.parse(obj, policy or swe_agent.POLICY),)


FORMATS: dict[str, Callable[[JSON, str | None], tuple[Trace, ...]]] = {
    "native": _native,
    "openai-chat": _openai_chat,
    "tau-bench": _tau_bench,
    "swe-agent": _swe_agent,
    "pandalm": lambda obj, _: preference_pairs.pandalm(obj),
    "hh-rlhf": lambda obj, _: preference_pairs.hh_rlhf(obj),
    "pairs": lambda obj, _: preference_pairs.ours(obj),
}


def parser(format: str, *, policy: str | None = None) -> Callable[[JSON], tuple[Trace, ...]]:
    """The function from a record of one of FORMATS to its traces; `policy` stands in where a record names none."""
    if format not in FORMATS:
        raise BadInput(f'There is no format "{format}"; choose one of {", ".join(FORMATS)}.')
    if policy is not None:
        shape.policy(policy)
    return lambda obj: FORMATS[format](obj, policy)


def read(stream: BinaryIO, format: str, *, policy: str | None = None) -> Iterator[Line[Trace]]:
    """The traces of a stream in one of FORMATS, bad records with their number and reason. A record may give two."""
    return parsed(stream, parser(format, policy=policy))


def parsed(stream: BinaryIO, parse: Callable[[JSON], tuple[Found, ...]]) -> Iterator[Line[Found]]:
    """What `parse` makes of each record of a stream, or the BadInput that it or the record itself gave."""
    for number, raw, reason in splitting.records(stream):
        try:
            if reason:
                raise reason
            for found in parse(splitting.decoded(raw)):
                yield Line(number, found, raw)
        except BadInput as problem:
            yield Line(number, problem, raw)
