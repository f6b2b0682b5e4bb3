"""May this judge replace a person here? The alternative annotator test (Calderon, Reichart & Dror, ACL 2025)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData, Vote
from flywheel.stats import intervals
from flywheel.stats.multiplicity import by

FEWEST = 30  # items that a person shares with another
FEWEST_CLUSTERS = 10
FALSE_DISCOVERIES = 0.05
PASSES = 0.5  # of the people must be beaten
CROWD, SKILLED, EXPERTS = 0.1, 0.15, 0.2  # what a person costs more than a judge, as a share of items


@dataclass(frozen=True, slots=True)
class Beaten:
    """One person against the judge: how often each is at least as near to the others, and the test of it."""

    person: str
    judge_wins: float
    person_wins: float
    p: float
    p_adjusted: float
    is_beaten: bool
    n: int

    def told(self) -> dict[str, Any]:
        """As plain values, shares with Wilson's intervals."""
        shares = {"judge_wins": self.judge_wins, "person_wins": self.person_wins}
        wins = {
            name: asdict(Estimate(share, *intervals.wilson(share * self.n, self.n), self.n))
            for name, share in shares.items()
        }
        return wins | {"p": self.p, "p_adjusted": self.p_adjusted, "is_beaten": self.is_beaten}


@dataclass(frozen=True, slots=True)
class Replacement:
    """`winning` is the share of people whom the judge may replace; `advantage` its chance to be at least as near."""

    people: tuple[Beaten, ...]
    winning: float
    advantage: Estimate
    passes: bool
    epsilon: float
    left_out: Mapping[str, int]

    def told(self) -> dict[str, Any]:
        """As plain values; whom it leaves out is for the reader to say."""
        beaten = sum(person.is_beaten for person in self.people)
        return {
            "passes": self.passes,
            "winning": asdict(intervals.share(beaten, len(self.people))),
            "advantage": asdict(self.advantage),
            "people": {person.person: person.told() for person in self.people},
        }


@dataclass(frozen=True, slots=True)
class Topics:
    """The test within each topic, and topics left out with the most items that a person has there."""

    found: dict[str, Replacement]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Scores:
    """(n,) whether the judge, and whether the person, is at least as near to the others; the items' prompts (n,)."""

    judge: np.ndarray
    person: np.ndarray
    groups: np.ndarray

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.judge)

    @property
    def prompts(self) -> int:
        """How many prompts they are of."""
        return len(np.unique(self.groups))

    @property
    def are_enough(self) -> bool:
        """Whether they can be tested."""
        return self.items >= FEWEST and self.prompts >= FEWEST_CLUSTERS

    def p(self, epsilon: float) -> float:
        """One-sided t-test that the mean gap is below epsilon; where nothing varies, by the gap's sign."""
        gap = self.person - self.judge
        mean, error, clusters = intervals.clustered_mean(gap, self.groups)
        if error == 0:
            return 0.0 if mean < epsilon else 1.0
        return float(stats.t.cdf((mean - epsilon) / error, clusters - 1))


Labels = Mapping[str, Mapping[str, str]]  # item → rater → label


def replacement(
    judge: Mapping[str, str],
    people: Sequence[Vote],
    *,
    epsilon: float = SKILLED,
    clusters: Mapping[str, str] | None = None,
) -> Replacement:
    """The test of a judge's labels by item against all who share at least 30 items with somebody and with the judge.

    A person is left out in turn; judge and person are scored by the share of the others who say the same. The judge wins
    an item if it scores at least as well. H0, that it wins no more often than the person less `epsilon`, is tested by a
    one-sided t-test with errors by cluster (item → prompt; an item without one stands alone), with Benjamini & Yekutieli's
    control over the people.
    """
    scores, few = _kept(judge, _by_item(people), clusters or {})
    if not scores:
        items, prompts = max(((one.items, one.prompts) for one in few.values()), default=(0, 0))
        if items >= FEWEST:
            raise NotEnoughData("prompts of what a person shares with others and the judge", prompts, FEWEST_CLUSTERS)
        raise NotEnoughData("items that a person shares with others and the judge", items, FEWEST)
    _refuse_one_label(judge, people)
    p = np.array([one.p(epsilon) for one in scores.values()])
    return _concluded(scores, p, by(p), epsilon, few)


def by_topic(
    judge: Mapping[str, str],
    people: Sequence[Vote],
    topics: Mapping[str, str],
    *,
    epsilon: float = SKILLED,
    clusters: Mapping[str, str] | None = None,
) -> Topics:
    """The same test within each topic (item → topic), with one control over all topics and people together."""
    said, kept, left_out = _by_item(people), {}, {}
    for topic in sorted(set(topics.values())):
        inside = {item: labels for item, labels in said.items() if topics.get(item) == topic}
        scores, few = _kept(judge, inside, clusters or {})
        if scores:
            kept[topic] = scores, few
        else:
            left_out[topic] = max((one.items for one in few.values()), default=0)
    p = np.array([one.p(epsilon) for scores, _ in kept.values() for one in scores.values()])
    adjusted, start, found = by(p), 0, {}
    for topic, (scores, few) in kept.items():
        own = slice(start, start + len(scores))
        found[topic] = _concluded(scores, p[own], adjusted[own], epsilon, few)
        start += len(scores)
    return Topics(found, left_out)


def _by_item(people: Sequence[Vote]) -> dict[str, dict[str, str]]:
    said: dict[str, dict[str, str]] = {}
    for vote in people:
        said.setdefault(vote.item, {})[vote.rater] = vote.label
    return said


def _kept(
    judge: Mapping[str, str], said: Labels, clusters: Mapping[str, str]
) -> tuple[dict[str, _Scores], dict[str, _Scores]]:
    """The scores of people with enough items, and of the others."""
    everybody = sorted({rater for labels in said.values() for rater in labels})
    scores = {who: _scores(who, judge, said, clusters) for who in everybody}
    kept = {who: one for who, one in scores.items() if one.are_enough}
    return kept, {who: one for who, one in scores.items() if who not in kept}


def _refuse_one_label(judge: Mapping[str, str], people: Sequence[Vote]) -> None:
    """Where nobody ever says anything else, being as near as a person tells nothing."""
    said = {label for vote in people if vote.item in judge for label in (vote.label, judge[vote.item])}
    if len(said) < 2:
        raise NotEnoughData("different labels of people and the judge", len(said), 2)


def _scores(who: str, judge: Mapping[str, str], said: Labels, clusters: Mapping[str, str]) -> _Scores:
    ours, theirs, groups = [], [], []
    for item in sorted(said):
        labels = said[item]
        if who not in labels or item not in judge or len(labels) < 2:
            continue
        others = [label for rater, label in labels.items() if rater != who]
        near_judge = sum(label == judge[item] for label in others)
        near_person = sum(label == labels[who] for label in others)
        ours.append(near_judge >= near_person)
        theirs.append(near_person >= near_judge)
        groups.append(clusters.get(item, item))
    return _Scores(np.array(ours, dtype=float), np.array(theirs, dtype=float), np.array(groups))


def _concluded(
    scores: Mapping[str, _Scores], p: np.ndarray, adjusted: np.ndarray, epsilon: float, few: Mapping[str, _Scores]
) -> Replacement:
    beaten = tuple(
        Beaten(who, float(one.judge.mean()), float(one.person.mean()), float(p[k]), float(adjusted[k]),
               bool(adjusted[k] <= FALSE_DISCOVERIES), len(one.judge))
        for k, (who, one) in enumerate(scores.items())
    )  # fmt: skip
    winning = float(np.mean([one.is_beaten for one in beaten]))
    left_out = {who: one.items for who, one in few.items()}
    return Replacement(beaten, winning, _advantage(list(scores.values())), winning >= PASSES, epsilon, left_out)


def _advantage(scores: Sequence[_Scores]) -> Estimate:
    """The mean over people of the judge's wins; a prompt that several people answered is one cluster."""
    n = sum(len(one.judge) for one in scores)
    mean = float(np.mean([one.judge.mean() for one in scores]))
    # Each person weighs alike however many items they have: scaled so that the plain mean over all rows is that mean.
    weighed = [mean + (one.judge - one.judge.mean()) * n / (len(scores) * len(one.judge)) for one in scores]
    return intervals.clustered_share(np.concatenate(weighed), np.concatenate([one.groups for one in scores]))
