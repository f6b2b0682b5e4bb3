"""From votes to arrays: items × raters, pairings of raters, and both orders of a judge."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from flywheel.records import BadInput, Vote

PAIRWISE = ("a", "b", "tie", "both_bad")
MISSING = -1
LARGEST = 1e100  # of labels that are numbers
MOST_LABELS = 200  # more are free text, not labels: confusion grows with their square

_SIDES = {"a": 0, "b": 1, None: MISSING}


@dataclass(frozen=True, slots=True)
class VoteTable:
    """n votes as codes into the names of items, raters and labels; `first` is 0 (a), 1 (b) or MISSING."""

    items: tuple[str, ...]
    raters: tuple[str, ...]
    labels: tuple[str, ...]
    item: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    first: np.ndarray
    weight: np.ndarray


def independent(votes: Iterable[Vote], kind: str) -> list[Vote]:
    """The votes of humans or of judges that count as independent: first round, known answers left out."""
    return [vote for vote in votes if vote.kind == kind and vote.round == 0 and not vote.gold]


def known_answers(votes: Iterable[Vote]) -> dict[str, str]:
    """The true label of each gold item; raises BadInput if two votes disagree on one."""
    found: dict[str, str] = {}
    for vote in votes:
        if vote.gold and found.setdefault(vote.item, vote.label) != vote.label:
            raise BadInput(
                f"Gold item {vote.item} has two known answers, {found[vote.item]} and {vote.label}; keep one."
            )
    return found


def tabulate(
    votes: Sequence[Vote], *, known_items: Collection[str] | None = None, known_labels: Collection[str] = ()
) -> VoteTable:
    """The votes as arrays, in the order given; items and raters are sorted by name, `known_labels` are labels besides.

    Raises BadInput for an item that `known_items` lacks, for a second vote of a rater on an item in a round (a judge may
    vote once in each order), and for more than 200 different labels.
    """
    _refuse_strangers(votes, known_items)
    _refuse_duplicates(votes)
    items, raters = sorted({vote.item for vote in votes}), sorted({vote.rater for vote in votes})
    labels = ordered_labels({vote.label for vote in votes} | set(known_labels))
    if len(labels) > MOST_LABELS:
        raise BadInput(
            f"There are {len(labels)} different labels; at most {MOST_LABELS} can be compared, so group them."
        )
    return VoteTable(
        items=tuple(items),
        raters=tuple(raters),
        labels=labels,
        item=_codes([vote.item for vote in votes], items),
        rater=_codes([vote.rater for vote in votes], raters),
        label=_codes([vote.label for vote in votes], labels),
        first=np.array([_SIDES[vote.first] for vote in votes], dtype=int),
        weight=np.array([vote.weight for vote in votes], dtype=float),
    )


def _codes(values: Sequence[str], names: Sequence[str]) -> np.ndarray:
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[value] for value in values], dtype=int)


def _refuse_strangers(votes: Sequence[Vote], known_items: Collection[str] | None) -> None:
    if known_items is None:
        return
    strangers = sorted({vote.item for vote in votes} - set(known_items))
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise BadInput(f"Votes name item {strangers[0]}{more}, which the pairs lack; send its pair or drop the votes.")


def refuse_labels_of_no_side(votes: Iterable[Vote]) -> None:
    """Raise BadInput for a label that names no side: what prefers neither a nor b would count as a tie."""
    for vote in votes:
        if vote.label not in PAIRWISE:
            raise BadInput(
                f'{vote.rater} said "{vote.label[:40]}" of item {vote.item}; answers on pairs need the labels {", ".join(PAIRWISE)}.'
            )


def _refuse_duplicates(votes: Sequence[Vote]) -> None:
    seen: set[tuple[str, str, int, str | None]] = set()
    for vote in votes:
        key = (vote.item, vote.rater, vote.round, vote.first if vote.kind == "judge" else None)
        if key in seen:
            raise BadInput(
                f"{vote.rater} voted twice on item {vote.item} in round {vote.round}; keep the current vote."
            )
        seen.add(key)


def ordered_labels(labels: Collection[str]) -> tuple[str, ...]:
    """Labels in their natural order: pairwise labels as listed, numbers by size, others by name."""
    if set(labels) <= set(PAIRWISE):
        return tuple(label for label in PAIRWISE if label in labels)
    try:
        return tuple(sorted(labels, key=lambda label: (_number(label), label)))
    except ValueError:
        return tuple(sorted(labels))


def _number(label: str) -> float:
    """The label as a number of ordinary size, whose square is one too; raises ValueError for all others."""
    found = float(label)
    if not abs(found) <= LARGEST:
        raise ValueError(label)
    return found


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts names by the numbers in them: 2 before 10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def numbers(labels: Sequence[str]) -> np.ndarray:
    """(V,) labels as numbers; raises BadInput if one is not."""
    try:
        return np.array([_number(label) for label in labels])
    except ValueError:
        raise BadInput(
            f"This metric needs labels that are numbers, not {', '.join(labels[:5])}; use the nominal one."
        ) from None


def counts(table: VoteTable) -> np.ndarray:
    """(items, V) numbers of ratings."""
    categories = len(table.labels)
    size = len(table.items) * categories
    return np.bincount(table.item * categories + table.label, minlength=size).reshape(-1, categories)


def rating_counts(codes: np.ndarray, categories: int) -> np.ndarray:
    """(items, categories) numbers of ratings from (items, raters) codes."""
    return np.stack([(codes == category).sum(axis=1) for category in range(categories)], axis=1)


def majority(votes: Iterable[Vote]) -> dict[str, str]:
    """The weighted majority label of each item; a tied vote of pairwise labels is "tie", of others is left out."""
    sums: dict[str, dict[str, float]] = {}
    for vote in votes:
        of_item = sums.setdefault(vote.item, {})
        of_item[vote.label] = of_item.get(vote.label, 0.0) + vote.weight
    winners = {
        item: [label for label, w in of_item.items() if w == max(of_item.values())] for item, of_item in sums.items()
    }
    tied = "tie" if {label for of_item in sums.values() for label in of_item} <= set(PAIRWISE) else None
    chosen = {item: names[0] if len(names) == 1 else tied for item, names in winners.items()}
    return {item: label for item, label in chosen.items() if label is not None}


def settled(verdicts: Iterable[Vote]) -> dict[str, str]:
    """A judge's label of each item over its orders; orders that disagree make a tie (Wang et al. 2023)."""
    found: dict[str, set[str]] = {}
    for vote in verdicts:
        found.setdefault(vote.item, set()).add(vote.label)
    return {item: labels.pop() if len(labels) == 1 else "tie" for item, labels in found.items()}


def both_orders(verdicts: Iterable[Vote]) -> dict[str, tuple[str, str]]:
    """Of each item judged in both orders: the label with a shown first, and with b shown first."""
    found: dict[str, dict[str, str]] = {}
    for vote in verdicts:
        if vote.first is not None:
            found.setdefault(vote.item, {})[vote.first] = vote.label
    return {item: (labels["a"], labels["b"]) for item, labels in found.items() if len(labels) == 2}
