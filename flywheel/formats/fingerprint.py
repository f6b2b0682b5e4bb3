"""Short, stable names made from content."""

import hashlib
import json

from flywheel.records import JSON

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: JSON) -> bytes:
    """The value's canonical JSON: the same for the same content, however its keys were ordered."""
    return _CANONICAL.encode(value).encode()


def fingerprint(value: JSON, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of the value's canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()[:length]
