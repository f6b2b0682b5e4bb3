"""The detectors, most certain first: where two see the same characters, the earlier one has them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import phonenumbers

from flywheel.sanitise import contacts, credentials, numbers
from flywheel.sanitise.text import blank, readable

_PASSES = 8  # masking one thing can uncover another beside it; honest texts need two


@dataclass(frozen=True, slots=True)
class Detector:
    """One way to find one kind of thing; `find` gets a text and the key it stands under, and gives spans in order."""

    name: str
    version: str
    kind: str
    find: Callable[[str, str], Iterable[tuple[int, int]]]


DETECTORS = (
    Detector("credentials", "1", "SECRET", credentials.secrets),
    Detector("assigned", "1", "SECRET", credentials.assigned_secrets),
    Detector("email", "1", "EMAIL", contacts.emails),
    Detector("iban", "1", "IBAN", numbers.ibans),
    Detector("card", "1", "CARD", numbers.cards),
    Detector("ssn", "1", "SSN", numbers.social_security_numbers),
    Detector("ip", "1", "IP", numbers.ip_addresses),
    Detector("phone", f"1+phonenumbers-{phonenumbers.__version__}", "PHONE", contacts.phones),
)


def find(text: str, key: str = "", detectors: Iterable[Detector] = DETECTORS) -> list[tuple[int, int, Detector]]:
    """What the detectors see in a text, as spans of it that do not overlap, in order."""
    left, places = readable(text)
    found: list[tuple[int, int, Detector]] = []
    for _ in range(_PASSES):
        seen = len(found)
        for detector in detectors:
            spans = list(_apart(detector.find(left, key)))
            if spans:
                left = blank(left, spans)
                found += [(start, end, detector) for start, end in spans]
        if len(found) == seen:
            break
    if places is not None:
        found = [(places[start], places[end - 1] + 1, detector) for start, end, detector in found]
    return sorted(found, key=lambda span: span[:2])


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans in order, without those that overlap an earlier one."""
    last = 0
    for start, end in sorted(spans):
        if start >= last:
            yield start, end
            last = end
