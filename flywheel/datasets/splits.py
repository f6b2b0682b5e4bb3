"""Train or test, decided by task and never by row, so that no task is learned from and tested on."""

import hashlib
from collections.abc import Iterable
from typing import Literal

from flywheel.records import BadInput

Split = Literal["train", "test"]


def assign(tasks: Iterable[str], *, seed: int, test_share: float = 0.1) -> dict[str, Split]:
    """The side of every task, by a seeded hash: a task keeps its side when others come and go.

    Only if one side were empty does the nearest task change over, so two tasks or more always fill both.
    """
    if not 0 < test_share < 1:
        raise BadInput(f"The share of test tasks is {test_share}; give a number between 0 and 1.")
    ranked = sorted((_place(task, seed), task) for task in set(tasks))
    in_test = sum(place < test_share for place, _ in ranked)
    if len(ranked) > 1:
        in_test = min(max(in_test, 1), len(ranked) - 1)
    elif ranked:
        in_test = 0
    return {task: "test" if rank < in_test else "train" for rank, (_, task) in enumerate(ranked)}


def _place(task: str, seed: int) -> float:
    """A number in [0, 1) that depends on the seed and the task only."""
    digest = hashlib.sha256(f"{seed}:{task}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
