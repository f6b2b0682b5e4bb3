"""The report on who is better: policies by the pairs file, or the sides of items with more than two."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from flywheel.records import BadInput, NotEnoughData, Pair, Vote
from flywheel.stats import rankings
from flywheel.stats import votes as tables
from flywheel.stats.candidates import asked, sides
from flywheel.stats.rankings import LEFT, NEITHER, RIGHT, Comparisons, Ranking

Section = dict[str, Any]

CHOICES = {"a": LEFT, "b": RIGHT, "tie": NEITHER, "both_bad": NEITHER}
SHOWN = {"a": 1.0, "b": -1.0, None: 0.0}
Named = tuple[Vote, str, str]  # an answer, and the things its sides a and b stand for


def ranking_report(
    votes: Sequence[Vote], pairs: Sequence[Pair] | None = None, *, has_competence: bool = True
) -> Section:
    """Strengths and places as plain JSON from people's first-round answers; every figure is {value, low, high, n}.

    With `pairs` their generators are ranked, without them the sides i and j of items named ITEM:i-j among themselves.
    "both bad" counts as a tie. Raises BadInput for labels that are no answers on pairs, NotEnoughData with nothing to rank.
    """
    people = tables.independent(votes, "human")
    texts = None if pairs is None else {pair.item: pair for pair in pairs}
    table = tables.tabulate(people, known_items=texts)
    odd = sorted(set(table.labels) - set(CHOICES))
    if odd:
        raise BadInput(f'A ranking needs answers on pairs (a, b, tie, both_bad), not "{odd[0]}".')
    gaps: list[dict[str, str]] = []
    named = _named(people, texts, gaps)
    if not named:
        raise NotEnoughData(_nothing(texts), 0, 1)
    raters = sorted({vote.rater for vote, *_ in named})
    is_crowd = has_competence and len(raters) > 1
    if has_competence and not is_crowd:
        gaps.append({"what": "competence", "why": "There is one rater only, with nobody to be compared to."})
    things = sorted({name for _, *both in named for name in both})
    clusters = np.array([texts[vote.item].cluster if texts else asked(vote.item) for vote, *_ in named])
    if texts is not None and np.all(clusters == clusters[0]):
        gaps.append({"what": "other prompts", "why": "All answers are on one prompt, so nothing tells of others."})
    found = rankings.ranking(_comparisons(named, things, raters), clusters, has_competence=is_crowd)
    return _told(found, things, raters, named, gaps) | {"ranked": "candidates" if texts is None else "policies"}


def _nothing(texts: Mapping[str, Pair] | None) -> str:
    if texts is None:
        return "answers of people on items named ITEM:i-j (give policies with --pairs)"
    return "answers of people on pairs with different generator_a and generator_b"


def _named(people: Sequence[Vote], texts: Mapping[str, Pair] | None, gaps: list[dict[str, str]]) -> list[Named]:
    found: list[Named] = []
    for vote in people:
        both: tuple[str | None, str | None] | None = sides(vote.item)
        if texts is not None:
            both = texts[vote.item].generator_a, texts[vote.item].generator_b
        if both and both[0] and both[1] and both[0] != both[1]:
            found.append((vote, both[0], both[1]))
    left_out = len(people) - len(found)
    if left_out and texts is not None:
        why = f"{left_out} are on pairs whose generators are the same or not named."
        gaps.append({"what": "some answers", "why": why})
    elif left_out:
        why = f"{left_out} are on items of two sides, which --pairs would name; only items ITEM:i-j are ranked."
        gaps.append({"what": "some answers", "why": why})
    return found


def _comparisons(named: Sequence[Named], things: Sequence[str], raters: Sequence[str]) -> Comparisons:
    thing, rater = ({name: code for code, name in enumerate(names)} for names in (things, raters))
    return Comparisons(
        left=np.array([thing[a] for _, a, _ in named]),
        right=np.array([thing[b] for _, _, b in named]),
        choice=np.array([CHOICES[vote.label] for vote, *_ in named]),
        rater=np.array([rater[vote.rater] for vote, *_ in named]),
        pos=np.array([SHOWN[vote.first] for vote, *_ in named]),
        weight=np.array([vote.weight for vote, *_ in named]),
    )


def _told(
    found: Ranking, things: Sequence[str], raters: Sequence[str], named: Sequence[Named], gaps: list[dict[str, str]]
) -> Section:
    groups = int(found.group.max()) + 1
    if groups > 1:
        why = f"There are {groups} groups that no answer connects; things are ranked within their group only."
        gaps.append({"what": "one ranking of all", "why": why})
    if found.position is None:
        gaps.append({"what": "position", "why": "No vote says which side was shown first."})
    order = sorted(range(len(things)), key=lambda k: (found.group[k], -found.strength[k].value, things[k]))
    return {
        "votes": len(named),
        "groups": groups,
        "ranking": [
            {
                "name": things[k],
                "strength": asdict(found.strength[k]),
                "place": asdict(found.place[k]),
                "group": int(found.group[k]) + 1,
            }
            for k in order
        ],
        "competence": {
            name: asdict(one) for name, one in zip(raters, found.competence or (), strict=bool(found.competence))
        },
        "position": found.position and asdict(found.position),
        "tie": found.tie and asdict(found.tie),
        "not_possible": gaps,
    }
