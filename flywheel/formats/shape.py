"""What JSON from outside must look like; each check raises BadInput with one sentence naming the field."""

import math
import re
from datetime import UTC, datetime
from typing import NoReturn

from flywheel.records import JSON, BadInput

DEEPEST = 100  # levels of nesting; everything downstream may recurse safely
ID_LENGTH = 200  # characters
TASK_LENGTH = 500  # characters: an index entry of Postgres holds 2,704 bytes
LARGEST_COUNT = 10**15  # tokens and the like; fits a bigint with room for sums

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_POLICY = re.compile(r"[^@\s]+@[^@\s]+")
_Path = tuple["_Path", str] | tuple[()]


def kind(value: JSON) -> str:
    """The JSON name of a value's type, for error sentences."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


def refuse_type(name: str, wanted: str, value: JSON) -> NoReturn:
    """Raise the sentence for a field of the wrong type."""
    raise BadInput(f"{name} must be {wanted}, not {kind(value)}.")


def check_json(record: JSON) -> None:
    """Refuse what JSON or Postgres cannot hold: NUL, lone surrogates, NaN, infinity, foreign types, deep nesting."""
    if not _is_plain(record, DEEPEST):
        _refuse_what_is_not_plain(record)


def _is_plain(value: JSON, depth: int) -> bool:
    """Whether nothing is wrong with the value: quick, as almost every record is; the slow look knows the place."""
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or _has_whole_characters(value))
    if isinstance(value, dict):
        # Loops, as all() with a generator takes twice the time; and no deeper than allowed.
        for key, child in value.items() if depth else ():
            if not (isinstance(key, str) and _is_plain(key, depth) and _is_plain(child, depth - 1)):
                return False
        return depth > 0
    if isinstance(value, list):
        for child in value if depth else ():
            if not _is_plain(child, depth - 1):
                return False
        return depth > 0
    return value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))


def _has_whole_characters(value: str) -> bool:
    """False for half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_what_is_not_plain(record: JSON) -> None:
    stack: list[tuple[JSON, _Path, int]] = [(record, (), 0)]
    while stack:
        value, path, depth = stack.pop()
        if isinstance(value, str):
            _check_characters(value, path)
        elif isinstance(value, dict | list):
            if depth >= DEEPEST:
                raise BadInput(f"The record is nested deeper than {DEEPEST} levels; flatten it.")
            stack.extend((child, (path, key), depth + 1) for key, child in _children(value, path))
        elif isinstance(value, float) and not math.isfinite(value):
            raise BadInput(f"{_spelled(path)} is {value}, which JSON does not have; send null or a finite number.")
        elif value is not None and not isinstance(value, bool | int | float):
            raise BadInput(f"{_spelled(path)} is {kind(value)}, which JSON does not have.")


def _children(value: dict | list, path: _Path) -> list[tuple[str, JSON]]:
    if isinstance(value, list):
        return [(str(index), child) for index, child in enumerate(value)]
    for key in value:
        if not isinstance(key, str):
            raise BadInput(f"{_spelled(path)} has a key that is {kind(key)}; keys are texts.")
        _check_characters(key, path)
    return list(value.items())


def _check_characters(value: str, path: _Path) -> None:
    if "\0" in value:
        raise BadInput(f"{_spelled(path)} holds a NUL character (\\u0000); remove it.")
    if not value.isascii() and not _has_whole_characters(value):
        raise BadInput(f"{_spelled(path)} holds half of a surrogate pair; send valid Unicode.")


def _spelled(path: _Path) -> str:
    names: list[str] = []
    while path:
        path, name = path
        names.append(name if name.isprintable() and len(name) <= 60 else "…")
    return "/".join(reversed(names)) or "The record"


def mapping(value: JSON, name: str) -> dict[str, JSON]:
    """The value as an object; absent (null) is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        refuse_type(name, "an object", value)
    return value


def objects(value: JSON, name: str) -> list[dict[str, JSON]]:
    """The value as a list of objects; absent (null) is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        refuse_type(name, "a list", value)
    for index, entry in enumerate(value):
        if not isinstance(entry, dict):
            refuse_type(f"{name}/{index}", "an object", entry)
    return value


def text(value: JSON, name: str) -> str:
    """The value as text, possibly empty."""
    if not isinstance(value, str):
        refuse_type(name, "text", value)
    return value


def label(value: JSON, name: str, longest: int) -> str:
    """A short name of something: text of one line, not blank, at most `longest` characters."""
    if value is None:
        raise BadInput(f"{name} is missing.")
    found = text(value, name)
    if not found.strip():
        raise BadInput(f"{name} is empty.")
    if len(found) > longest:
        raise BadInput(f"{name} has {len(found)} characters; at most {longest} are allowed.")
    return found


def identifier(value: JSON, name: str) -> str:
    """A label that stands in lists, logs and addresses: no control characters either."""
    found = label(value, name, ID_LENGTH)
    if _CONTROL.search(found):
        raise BadInput(f"{name} holds a control character; use printable text.")
    return found


def policy(value: JSON, name: str = "policy") -> str:
    """A policy reference, "name@version"."""
    found = identifier(value, name)
    if not _POLICY.fullmatch(found):
        raise BadInput(f'{name} must look like "name@version" without spaces, not "{found}".')
    return found


def number(value: JSON, name: str, *, least: float = -math.inf) -> float | None:
    """A finite number of at least `least`; absent (null) is None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse_type(name, "a number", value)
    if not abs(value) <= 1e300:
        raise BadInput(f"{name} is not a number of ordinary size.")
    if value < least:
        raise BadInput(f"{name} must be at least {least:g}, not {value:g}.")
    return float(value)


def count(value: JSON, name: str) -> int | None:
    """A whole number from 0 on; absent (null) is None."""
    found = number(value, name, least=0)
    if found is None:
        return None
    if found != int(found) or found > LARGEST_COUNT:
        raise BadInput(f"{name} must be a whole number up to {LARGEST_COUNT}, not {found:g}.")
    return int(found)


def moment(value: JSON, name: str) -> datetime | None:
    """A point in time from ISO 8601, in UTC; a time without a zone is taken as UTC, absent (null) is None."""
    if value is None:
        return None
    found = text(value, name)
    try:
        parsed = datetime.fromisoformat(found)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        shown = found[:40]
        raise BadInput(f'{name} must be a time such as "2026-01-31T12:00:00Z", not "{shown}".') from None
