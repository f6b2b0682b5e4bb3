"""What differs between two conversations, and between two texts: where they part, and which words were put for which."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from flywheel.records import JSON

Operation = Literal["equal", "delete", "insert"]
Part = tuple[Operation, list[str]]

_MOST_LINES = 3_000  # of both texts together, after what they share at either end; difflib is quadratic
_MOST_WORDS = 1_000  # of both sides of a changed stretch; longer ones are two whole blocks, and read better so
_LINE = re.compile(r"[^\n.!?]*(?:[.!?]+\s*|\n+)|[^\n.!?]+")  # sentences too: prose often comes as one line
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two conversations part: the index of the first differing message, and whether both go on with the agent."""

    index: int
    both_assistant: bool


def shared_prefix(messages_a: Sequence[Mapping[str, JSON]], messages_b: Sequence[Mapping[str, JSON]]) -> int:
    """How many leading messages are equal in role, content, and names and arguments of calls (ids of calls may differ)."""
    shared = 0
    for a, b in zip(messages_a, messages_b, strict=False):
        if a != b and _message(a) != _message(b):
            break
        shared += 1
    return shared


def first_difference(
    messages_a: Sequence[Mapping[str, JSON]], messages_b: Sequence[Mapping[str, JSON]]
) -> Difference | None:
    """Where two conversations part, None if they are equal; where one has ended, the agent does not go on in both."""
    index = shared_prefix(messages_a, messages_b)
    following = [messages[index]["role"] for messages in (messages_a, messages_b) if index < len(messages)]
    if not following:
        return None
    return Difference(index, following == ["assistant", "assistant"])


def _message(message: Mapping[str, JSON]) -> tuple[JSON, ...]:
    calls = [_call(call["function"]) for call in message.get("tool_calls") or []]
    return message["role"], message.get("name"), message.get("content") or "", calls


def _call(function: Mapping[str, JSON]) -> tuple[str, JSON]:
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            pass
    return function["name"], arguments or {}


def word_diff(a: str, b: str) -> list[tuple[Operation, str]]:
    """What to delete from and insert into `a` to make `b`: sentences first, then words within those that changed.

    Ratcliff and Obershelp (1988) as in difflib; stretches too long for it are deleted and inserted whole.
    """
    found: list[tuple[Operation, str]] = []
    for operation, text in _words(a, b):
        if found and found[-1][0] == operation:
            found[-1] = (operation, found[-1][1] + text)
        else:
            found.append((operation, text))
    return found


def _words(a: str, b: str) -> Iterator[tuple[Operation, str]]:
    removed = ""
    for operation, lines in [*_parts(_LINE.findall(a), _LINE.findall(b), _MOST_LINES), ("equal", [])]:
        if operation == "delete":
            removed = "".join(lines)
            continue
        added = "".join(lines) if operation == "insert" else ""
        for inner, words in _parts(_WORD.findall(removed), _WORD.findall(added), _MOST_WORDS):
            yield inner, "".join(words)
        removed = ""
        if operation == "equal" and lines:
            yield operation, "".join(lines)


def _parts(a: list[str], b: list[str], most: int) -> Iterator[Part]:
    """Equal, deleted and inserted stretches of two lists in order, without empty ones."""
    head = _shared(a, b)
    tail = _shared(a[head:][::-1], b[head:][::-1])
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    if len(middle_a) + len(middle_b) > most:
        middle: list[Part] = [("delete", middle_a), ("insert", middle_b)]
    else:
        middle = _matched(middle_a, middle_b)
    for part in [("equal", a[:head]), *middle, ("equal", a[len(a) - tail :])]:
        if part[1]:
            yield part


def _matched(a: list[str], b: list[str]) -> list[Part]:
    found: list[Part] = []
    for tag, start_a, end_a, start_b, end_b in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("equal", a[start_a:end_a]))
        else:
            found += [("delete", a[start_a:end_a]), ("insert", b[start_b:end_b])]
    return found


def _shared(a: Sequence[object], b: Sequence[object]) -> int:
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    return shared
