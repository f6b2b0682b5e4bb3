"""From one format to another, record by record: traces, and from preference data also pairs and votes."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from flywheel.formats import native, pairs, preference_pairs, reading, votes
from flywheel.records import JSON, BadInput

Converter = Callable[[JSON], tuple[dict[str, JSON], ...]]

TARGETS = ("native", "pairs", "votes")

_SPECIAL: dict[tuple[str, str], Converter] = {
    ("pandalm", "pairs"): lambda obj: (pairs.dump(preference_pairs.pandalm_pair(obj)),),
    ("hh-rlhf", "pairs"): lambda obj: (pairs.dump(preference_pairs.hh_rlhf_pair(obj)),),
    ("pairs", "pairs"): lambda obj: (pairs.dump(pairs.parse(obj)),),
    ("pandalm", "votes"): lambda obj: tuple(map(votes.dump, preference_pairs.pandalm_votes(obj))),
    ("hh-rlhf", "votes"): lambda obj: tuple(map(votes.dump, preference_pairs.hh_rlhf_votes(obj))),
}


def converter(source: str, target: str, *, policy: str | None = None) -> Converter:
    """The function from a record of `source` to objects of `target`; BadInput where the one does not hold the other."""
    parse = reading.parser(source, policy=policy)
    if target == "native":
        return lambda obj: tuple(map(native.dump, parse(obj)))
    if (source, target) not in _SPECIAL:
        able = ", ".join(known for known, made in _SPECIAL if made == target)
        raise BadInput(f'Records of "{source}" hold no {target}; those of {able or "no format"} do.')
    return _SPECIAL[source, target]


def convert(
    stream: BinaryIO, source: str, target: str, *, policy: str | None = None
) -> Iterator[reading.Line[dict[str, JSON]]]:
    """The records of a stream as JSON objects of another format, bad ones with their number and reason."""
    return reading.parsed(stream, converter(source, target, policy=policy))
