"""Orders of several sides, ties allowed: checked, turned round for the screen, and taken apart into pairs."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.texts import displayed_place, undisplayed

LETTERS = "abcdef"
Ranking = list[list[int]]  # side indexes, best group first


def checked_ranking(value: Any, order: Sequence[int]) -> Ranking | None:
    """The order with its sides un-displayed, best first; every side exactly once."""
    if not value:
        return None
    if len(order) < 3:
        raise Invalid("Only three runs or more are ranked; pick one of the two.")
    if not isinstance(value, list) or not all(isinstance(group, list) and group for group in value):
        raise Invalid("A ranking is a list of groups, the best first.")
    ranking = [sorted(undisplayed(place, order) for place in group) for group in value]
    placed = [side for group in ranking for side in group]
    if len(set(placed)) < len(placed):
        raise Invalid("A run is ranked twice; give each run one place.")
    if len(placed) < len(order):
        raise Invalid(f"Rank all runs: {len(order) - len(placed)} of {len(order)} has no place yet.")
    return ranking


def displayed_ranking(ranking: Ranking | None, order: Sequence[int]) -> list[list[str]] | None:
    """The stored order as this person's screen names the sides; the inverse of `checked_ranking`."""
    if ranking is None:
        return None
    return [sorted(displayed_place(side, order) for side in group) for group in ranking]


def best(ranking: Ranking) -> str:
    """The letter of the one side in front, or tie."""
    return LETTERS[ranking[0][0]] if len(ranking[0]) == 1 else "tie"


def pair_labels(choice: str, ranking: Ranking | None, count: int) -> Iterator[tuple[int, int, str]]:
    """What an answer says of pairs of sides: (i, j, label) with i < j; a alone pick says nothing of the others."""
    if ranking is not None:
        at = {side: place for place, group in enumerate(ranking) for side in group}
        for i, j in combinations(range(count), 2):
            yield i, j, "tie" if at[i] == at[j] else "a" if at[i] < at[j] else "b"
    elif choice in LETTERS:
        winner = LETTERS.index(choice)
        for other in range(count):
            if other != winner:
                yield min(winner, other), max(winner, other), "a" if winner < other else "b"
    else:
        yield from ((i, j, choice) for i, j in combinations(range(count), 2))
