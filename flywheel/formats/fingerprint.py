"""Short, stable names made from content."""

import hashlib
import json

from flywheel.records import JSON


def fingerprint(value: JSON, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of the value's canonical JSON."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]
