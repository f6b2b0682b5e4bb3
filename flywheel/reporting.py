"""What the commands that read votes share: a file with votes, and a report for people or for programs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flywheel.formats import votes
from flywheel.records import NotEnoughData, Vote

Section = dict[str, Any]

FIGURES = "Every figure of --json is {value, low, high, n}: 95 % interval and the count it rests on."


def read_votes(path: Path) -> list[Vote]:
    """The votes of a file that has some; raises NotEnoughData where there are none."""
    found = votes.read(path)
    if not found:
        raise NotEnoughData(f"votes in {path}", 0, 1)
    return found


def show(found: Section, lines: Sequence[str], *, as_json: bool) -> None:
    """Print a report: its lines and what was not possible for people, or all of it as JSON for programs."""
    gaps = [f"not possible: {gap['what']}: {gap['why']}" for gap in found["not_possible"]]
    table = "\n".join(printable(line) for line in [*lines, *gaps])
    told = json.dumps(found, ensure_ascii=False, allow_nan=False) if as_json else table
    sys.stdout.write(f"{told}\n")


def printable(line: str) -> str:
    """The line without what would break it or steer a terminal: labels and topics come from outside."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in line)
