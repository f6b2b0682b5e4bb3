"""Where people differ, or a judge from them, and whose doing it looks like: the judge's, one person's, or the item's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from flywheel.records import Pair, Vote
from flywheel.stats import features, intervals
from flywheel.stats import votes as tables
from flywheel.stats.aggregation import weighed
from flywheel.stats.position import wins_of_a
from flywheel.stats.sections import Section, Setting

Kind = Literal["judge", "annotator", "ambiguous", "too_few"]
Sways = Mapping[str, Mapping[str, float]]  # of each judge the features that sway it, with the points of one deviation

KINDS: tuple[Kind, ...] = ("judge", "annotator", "ambiguous", "too_few")
# Two people who agree, each right three times in four, come to 0.9; the queues ask nobody more from there on either.
SURE = 0.9
# Dawid–Skene takes all items for equally hard, and is surer of a hard one than it may be: no 2 to 1 accuses anybody.
CLEAR = 0.75
FEWEST_PEOPLE = 2  # one person and a judge who differ: nothing tells who is right
LISTED = 300  # of each kind; all are counted
CONTRADICTS = "contradicts_itself"


@dataclass(frozen=True, slots=True)
class _Item:
    """What was said of one item; `label` is the consensus, None where it is unsure or rests on one person."""

    item: str
    people: dict[str, str]
    majority: str | None
    consensus: str
    posterior: float
    label: str | None
    judges: dict[str, str]
    is_known: bool

    @property
    def kind(self) -> Kind:
        """Whose doing the disagreement looks like; a judge that differs from what is sure comes before a person who does."""
        if self.label is None:
            return "ambiguous" if self.is_divided else "too_few"
        return "judge" if self.against else "annotator"

    @property
    def is_divided(self) -> bool:
        """Whether people differ among themselves."""
        return len(set(self.people.values())) > 1

    @property
    def against(self) -> dict[str, str]:
        """Judges that differ from the consensus where that is sure, else from most people."""
        reference = self.label or self.majority
        return {name: said for name, said in self.judges.items() if reference and not _is_same(said, reference)}

    @property
    def is_disputed(self) -> bool:
        """Whether anybody differs from anybody."""
        return bool(self.against) or len({*self.people.values(), self.label} - {None}) > 1

    @property
    def rank(self) -> tuple[int, float, int, list[tuple[int, int, str]]]:
        """Kind by kind; the surest judges' and people's errors first, and of ambiguous items the most doubtful."""
        doubt = self.posterior if self.kind == "ambiguous" else -self.posterior
        return KINDS.index(self.kind), doubt, -len(self.people), tables.natural(self.item)


def told(
    people: Sequence[Vote],
    by_judge: Mapping[str, Sequence[Vote]],
    gold: Mapping[str, str],
    pairs: Mapping[str, Pair],
    sways: Sways,
    setting: Setting,
) -> Section:
    """All disagreements counted and the first of each kind listed: {disagreement_count, disagreement_kinds, disagreements}.

    Sure is a known answer, or a Dawid–Skene posterior (1979) of 0.9 or more with three in four of at least two people behind
    it. `judge`: one differs from what is sure; `annotator`: somebody does, and no judge; `ambiguous`: people are not sure;
    `too_few`: a judge differs from everybody asked, who are too few to be sure. Shares are of the items where this can be told, clustered on prompts. `sways` gives judges reasons.
    """
    items = _items(people, by_judge, gold)
    disputed = sorted((one for one in items if one.is_disputed), key=lambda one: one.rank)
    orders = {name: tables.both_orders(said) for name, said in by_judge.items()}
    listed, seen = [], Counter[str]()
    for one in disputed:
        seen[one.kind] += 1
        if seen[one.kind] <= LISTED:
            listed.append(_row(one, orders, pairs.get(one.item), sways))
    return {
        "disagreement_count": len(disputed),
        "disagreement_kinds": _kinds(items, seen, setting),
        "disagreements": listed,
    }


def _items(people: Sequence[Vote], by_judge: Mapping[str, Sequence[Vote]], gold: Mapping[str, str]) -> list[_Item]:
    """Every item that people answered, with what they come to together and what each judge says in the end."""
    if not people:
        return []
    reached, majority = weighed(people, gold), tables.majority(people)
    settled = {name: tables.settled(said) for name, said in by_judge.items()}
    said: dict[str, dict[str, str]] = {}
    for vote in people:
        said.setdefault(vote.item, {})[vote.rater] = vote.label
    found = []
    for item, row in zip(reached.table.items, reached.found.posterior, strict=True):
        top = int(row.argmax())
        label, posterior = reached.table.labels[top], float(row[top])
        given = list(said[item].values())
        is_clear = len(given) >= FEWEST_PEOPLE and given.count(label) >= CLEAR * len(given)
        judges = {name: labels[item] for name, labels in settled.items() if item in labels}
        sure = label if item in gold or (is_clear and posterior >= SURE) else None
        found.append(_Item(item, said[item], majority.get(item), label, posterior, sure, judges, item in gold))
    return found


def _is_same(one: str, other: str) -> bool:
    """Whether two labels say the same; "both bad" prefers nobody, like a tie."""
    return one == other or {one, other} == {"tie", "both_bad"}


def _row(one: _Item, orders: Mapping[str, Mapping[str, tuple[str, str]]], pair: Pair | None, sways: Sways) -> Section:
    """One disagreement as plain values."""
    against = {rater: said for rater, said in sorted(one.people.items()) if one.label and said != one.label}
    return {
        "item": one.item,
        "kind": one.kind,
        "humans": dict(sorted(Counter(one.people.values()).items())),
        "majority": one.majority,
        "consensus": one.consensus,
        "posterior": round(one.posterior, 4),
        "is_known": one.is_known,
        "people": against,
        "judges": one.against,
        "reasons": {
            name: _reasons(name, said, one, orders[name].get(one.item), pair, sways.get(name, {}))
            for name, said in one.against.items()
            if one.label is not None
        },
    }


def _reasons(
    judge: str,
    said: str,
    one: _Item,
    orders: tuple[str, str] | None,
    pair: Pair | None,
    sways: Mapping[str, float],
) -> list[str]:
    """Why this judge may differ: it says something else in the other order, or the side it went to has what sways it."""
    found = [CONTRADICTS] if orders is not None and orders[0] != orders[1] else []
    if pair is None or not sways:
        return found
    verdict, consensus = wins_of_a(np.array([said, one.label]))
    values = features.before_judge(judge, pair)
    return found + [
        name for name, points in sways.items() if values.get(name, 0.0) * points * (verdict - consensus) > 0
    ]


def _kinds(items: Sequence[_Item], seen: Mapping[str, int], setting: Setting) -> Section:
    """Of each kind its number, and its share of the items where it could have shown; of judges also one by one."""
    several = [one for one in items if len(one.people) >= FEWEST_PEOPLE]
    names = sorted({name for one in items for name in one.judges})
    base = {
        "judge": [one for one in items if one.judges and (one.label or len(one.people) >= FEWEST_PEOPLE)],
        "annotator": several,
        "ambiguous": several,
        "too_few": [one for one in items if one.judges and one.label is None and not one.is_divided],
    }
    found: Section = {
        kind: {
            "count": seen.get(kind, 0),
            "share": _share(kind, [one.is_disputed and one.kind == kind for one in of], of, setting),
        }
        for kind, of in base.items()
    }
    found["by_judge"] = {}
    for name in names:
        of = [one for one in base["judge"] if name in one.judges]
        hits = [one.label is not None and name in one.against for one in of]
        found["by_judge"][name] = {"count": sum(hits), "share": _share(f"{name} against people", hits, of, setting)}
    return found


def _share(what: str, hits: Sequence[bool], items: Sequence[_Item], setting: Setting) -> Section | None:
    groups = setting.groups([one.item for one in items])
    if not items:
        return None
    values = np.array(hits, dtype=float)
    return setting.attempt(f"share of disagreements: {what}", lambda: intervals.clustered_share(values, groups))


def swaying(judges: Mapping[str, Section]) -> Sways:
    """Of each judge in a report the features with the verdict `biased`, with the points of one deviation."""
    return {
        name: {
            feature: one["effect_pp"]["value"]
            for feature, one in found.get("features", {}).items()
            if one["verdict"] == "biased"
        }
        for name, found in judges.items()
    }
