"""What a kind of question needs to know of its queue and project to check an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Called only when an answer needs them, so that a plain pick reads no run: one list a side, by undisplayed index.
Messages = Callable[[], Sequence[list[dict[str, Any]]]]
Tools = Callable[[], Sequence[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person was asked: the criteria of the project, the tools each run had, and the queue's questions."""

    rubric: Sequence[Mapping[str, str]] = ()
    tools: Tools
    asks_ranking: bool = True
    asks_strength: bool = False
