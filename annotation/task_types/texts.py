"""Texts that people type, and the places by which their screen names the sides."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from annotation.errors import Invalid

LONGEST = 100_000  # characters of a text


def checked_text(value: Any, what: str) -> str:
    """A text without NUL and not endless."""
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value or not is_unicode(value):
        raise Invalid(f"The {what} must be plain text.")
    if len(value) > LONGEST:
        raise Invalid(f"The {what} is longer than {LONGEST:,} characters; shorten it.")
    return value.strip()


def is_unicode(value: str) -> bool:
    """Whether no half of a surrogate pair is in it, which the database could not hold."""
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def undisplayed(place: Any, order: Sequence[int]) -> int:
    """The side index behind a displayed place ("1", "2", …)."""
    places = {str(number): side for number, side in enumerate(order, start=1)}
    if str(place) not in places:
        raise Invalid("Choose one of the sides on the screen.")
    return places[str(place)]


def displayed_place(side: int, order: Sequence[int]) -> str:
    """The place at which this person sees a side; the inverse of `undisplayed`."""
    return str(list(order).index(side) + 1)


def checked_list(value: Any, what: str, most: int) -> list[dict[str, Any]]:
    """A list of objects; nothing is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Invalid(f"The {what} must be a list of objects.")
    if len(value) > most:
        raise Invalid(f"There are more than {most} {what}; leave some out.")
    return value


def is_count(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
