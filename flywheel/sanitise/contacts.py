"""Detectors of ways to reach a person: e-mail addresses and phone numbers."""

import re
from collections.abc import Iterator
from functools import cache

import phonenumbers

from flywheel.sanitise.text import BLANK

Span = tuple[int, int]

_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}")  # read backwards from the @
_DOMAIN = re.compile(r"(?:\w(?:[\w-]{0,61}\w)?\.){1,8}[^\W\d_]{2,24}(?![\w-]|\.\w)")
_NO_PERSON = frozenset({"git"})  # git@host is an address of repositories

# Runs of digit groups such as "+46 (0)8 928 571 38"; what in a run is a number is decided group by group.
_RUN = re.compile(r"[+(\d](?<![\w.:/#$€£@+-].)(?<!\d,.)\+?[\d ().-]{5,200}+")
_GROUP = re.compile(r"[+(]{0,2}\d+\)?")
_GAP = re.compile(r"[ .-]{0,2}|\) ?-?")
_EXTENSION = re.compile(r" ?(?:x|ext\.?) ?\d{1,6}(?!\w)", re.IGNORECASE)
_DATE = re.compile(r"\(?(?:(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d)(?!\d)")
_OCTETS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_NORTH_AMERICAN = re.compile(r"\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]\d{4}")
_NAMED = re.compile(
    r"\b(?:tele)?(?:phone|fax|mobile|cell|cellphone|tel|whatsapp|sms|hotline|landline)s?\b", re.IGNORECASE
)
_HINTED = re.compile(
    r"\b(?:call|calls|calling|callback|dial|ring|reach|text|messages?|answering|contact|number|office|desk|home|work)\b",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 36, 12  # characters of context
_LEAST_DIGITS, _MOST_DIGITS = 7, 15
_REGIONS = tuple("US GB FR DE CH AT IT ES NL BE SE DK NO FI PL PT IE AU NZ ZA IN BR MX JP CY IS".split())


def emails(text: str, key: str) -> Iterator[Span]:
    """E-mail addresses, found from each @ outwards: linear in the text."""
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.match(text[max(0, at - 64) : at][::-1])
        domain = _DOMAIN.match(text, at + 1)
        if local and domain and local[0][::-1].strip(".") not in {"", *_NO_PERSON}:
            yield at - len(local[0].rstrip(".'`*{|/=#")), domain.end()
            at = domain.end()
        at = text.find("@", at + 1)


def phones(text: str, key: str) -> Iterator[Span]:
    """Phone numbers.

    International ones need a possible length for their country; national ones must be valid in one of 26 regions and
    written as such, or stand beside a word such as "phone" (any 7 to 15 digits) or "call" (digits in groups).
    """
    end = 0
    for found in _RUN.finditer(text):
        run = _Run(text, found.start(), found.end(), key)
        first = 0
        while first < len(run.groups):
            count = run.number(first) if run.groups[first][0] >= end else 0
            if count:
                last = run.groups[first + count - 1][1]
                extension = _EXTENSION.match(text, last)
                end = extension.end() if extension else last
                yield run.groups[first][0], end
            first += count or 1


class _Run:
    """A run of digit groups in a text, with what stands around it."""

    def __init__(self, text: str, start: int, end: int, key: str) -> None:
        self.groups = [group.span() for group in _GROUP.finditer(text, start, end)]
        self._text = text
        self._digits = [sum(map(str.isdigit, text[a:b])) for a, b in self.groups]
        self._joined = [
            bool(_GAP.fullmatch(text, a[1], b[0])) for a, b in zip(self.groups, self.groups[1:], strict=False)
        ]
        before = text[max(0, start - _BEFORE) : start].rpartition(BLANK)[2]
        around = f"{key.replace('_', ' ')} {before} \n {text[end : end + _AFTER].partition(BLANK)[0]}"
        self._is_named = bool(_NAMED.search(around))
        self._is_hinted = self._is_named or bool(_HINTED.search(around))

    def number(self, first: int) -> int:
        """How many groups from the first on make up a phone number, 0 if none does; the longest is preferred."""
        start = self.groups[first][0]
        if not self._may_start(first) or (start and self._text[start - 1].isalnum()) or _DATE.match(self._text, start):
            return 0
        longest, total = first, 0
        while longest < len(self.groups) and total + self._digits[longest] <= _MOST_DIGITS:
            total += self._digits[longest]
            longest += 1
            if longest < len(self.groups) and not self._joined[longest - 1]:
                break
        while longest > first and total >= _LEAST_DIGITS:
            if self._ends_well(self.groups[longest - 1][1]) and self._is_phone(first, longest):
                return longest - first
            longest -= 1
            total -= self._digits[longest]
        return 0

    def _may_start(self, first: int) -> bool:
        """A quick look that spares most runs the rest: nothing names a phone here, and nothing looks like one."""
        return self._is_hinted or self._text[self.groups[first][0]] in "+(0" or self._digits[first] == 3

    def _ends_well(self, end: int) -> bool:
        following = self._text[end : end + 1]
        return (
            not following
            or not (following.isalnum() or following in "_:%@/")
            or bool(_EXTENSION.match(self._text, end))
        )

    def _is_phone(self, first: int, last: int) -> bool:
        written = self._text[self.groups[first][0] : self.groups[last - 1][1]]
        counts = self._digits[first:last]
        if _OCTETS.fullmatch(written) or written.count("(") != written.count(")"):
            return False
        digits = "".join(filter(str.isdigit, written))
        if "+" in written or (digits.startswith("00") and len(counts) > 1):
            return written.count("+") == written[:2].count("+") < 2 and _possible_abroad(digits.removeprefix("00"))
        is_grouped = len(counts) > 1 and not ("." in written and len(counts) == 2)
        if self._is_named and len(counts) == 1:
            return True
        if not is_grouped or max(counts) < 2:
            return False
        if self._is_named:
            return True
        if self._is_hinted and min(counts) >= 2:
            return True
        shaped = _NORTH_AMERICAN.fullmatch(written) or (digits[0] == "0" and counts[0] >= 2 and len(digits) >= 9)
        return bool(shaped and _national().fullmatch(digits))


def _possible_abroad(digits: str) -> bool:
    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed)


@cache
def _national() -> re.Pattern[str]:
    """Digits valid in one of the regions, with its trunk prefix where it has one, from the library's metadata."""
    patterns = []
    for found in filter(None, map(phonenumbers.PhoneMetadata.metadata_for_region, _REGIONS)):
        kinds = (found.fixed_line, found.mobile, found.toll_free, found.premium_rate, found.shared_cost, found.voip)
        numbers = "|".join(kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern)
        trunk = f"(?:{found.national_prefix})?" if found.national_prefix else ""
        patterns.append(f"{trunk}(?:{numbers})")
    return re.compile("|".join(patterns))
