"""Names of sides: `ITEM:i-j` is the pair of sides i and j of an item with more than two."""

import re

PAIR = re.compile(r"(?P<item>.+):(?P<i>\d+)-(?P<j>\d+)")


def sides(name: str) -> tuple[str, str] | None:
    """The names `ITEM:i` and `ITEM:j` of the two sides that a pair compares; None for an item with two sides."""
    found = PAIR.fullmatch(name)
    return (f"{found['item']}:{found['i']}", f"{found['item']}:{found['j']}") if found else None


def asked(name: str) -> str:
    """The item that a pair was taken from: answers on its pairs are one answer and hang together."""
    found = PAIR.fullmatch(name)
    return found["item"] if found else name
