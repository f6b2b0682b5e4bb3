"""A text as the detectors read it: look-alike characters folded, invisible ones gone, earlier placeholders blanked."""

import re
from typing import NamedTuple

BLANK = "\0"  # stands where something was found already; no pattern matches it, no context reaches across it
PLACEHOLDER = re.compile(r"\[([A-Z]{2,10})_([1-9]\d{0,8})\]", re.ASCII)

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLDED |= dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), ord(" "))
_FOLDED |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), ord("-"))


class Readable(NamedTuple):
    """The folded text, and for each of its characters the place in the original (None: the same place)."""

    text: str
    places: list[int] | None


def readable(text: str) -> Readable:
    """What detectors look at instead of the text itself."""
    blanked = PLACEHOLDER.sub(lambda found: BLANK * len(found[0]), text)
    if blanked.isascii():
        return Readable(blanked, None)
    folded = blanked.translate(_FOLDED)
    if not _INVISIBLE.search(folded):
        return Readable(folded, None)
    places = [place for place, character in enumerate(folded) if not _INVISIBLE.match(character)]
    return Readable(_INVISIBLE.sub("", folded), places)


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with these spans, in order and apart, blanked."""
    pieces, last = [], 0
    for start, end in spans:
        pieces += [text[last:start], BLANK * (end - start)]
        last = end
    return "".join([*pieces, text[last:]])
