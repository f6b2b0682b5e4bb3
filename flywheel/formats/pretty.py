"""JSON laid out for reading."""

import json

from flywheel.records import JSON

ONE_LINE = 72  # characters of JSON that are read best without line breaks


def pretty(value: JSON) -> str:
    """JSON, or text that holds JSON, indented if it is long; other text as it is."""
    if isinstance(value, str):
        if not value.lstrip().startswith(("{", "[")):
            return value
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= ONE_LINE else json.dumps(value, indent=2, ensure_ascii=False, default=str)
