"""JSON lines in, with the line's number in every complaint."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flywheel.records import BadInput


def read(path: Path, needed: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file, blank lines left out; BadInput for a line that is none or lacks a field."""
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise BadInput(f"{path} line {number} is not JSON.") from None
        if not isinstance(row, dict) or any(field not in row for field in needed):
            raise BadInput(f"{path} line {number} needs the fields {', '.join(needed)}.")
        yield row
