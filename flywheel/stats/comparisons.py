"""Reports of judges beside people: may one replace a person, and how often a side wins when both are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from flywheel.records import BadInput, NotEnoughData, Pair, Vote
from flywheel.stats import votes as tables
from flywheel.stats import win_rates
from flywheel.stats.position import wins_of_a
from flywheel.stats.replacement import replacement
from flywheel.stats.sections import Section

NO_JUDGES = "There are no votes of judges."


def replacement_report(votes: Sequence[Vote], *, epsilon: float, judge: str | None = None) -> Section:
    """The alternative annotator test of each judge as plain JSON; what could not be tested stands in `not_possible`."""
    people, by_judge = _told_apart(votes, judge)
    gaps: list[Section] = []
    if not by_judge:
        gaps.append({"what": "judges", "why": f"There are no votes of judge {judge}." if judge else NO_JUDGES})
    found = {}
    for name, said in by_judge.items():
        try:
            one = replacement(tables.settled(said), people, epsilon=epsilon)
        except NotEnoughData as problem:
            gaps.append({"what": f"alt-test of {name}", "why": str(problem)})
            continue
        found[name] = one.told()
        for who, n in one.left_out.items():
            why = f"{n} items shared with others and the judge, at least 30 needed."
            gaps.append({"what": f"{who} against {name}", "why": why})
    return {"epsilon": epsilon, "judges": found, "not_possible": gaps}


@dataclass(frozen=True, slots=True)
class _Sides:
    """Which items count, whether the side asked about is b there, and the items' prompts."""

    turned: Mapping[str, bool] | None
    clusters: Mapping[str, str]

    def keep(self, votes: Sequence[Vote]) -> list[Vote]:
        """The votes on items that count."""
        return [vote for vote in votes if self.turned is None or vote.item in self.turned]

    def of_side(self, item: str, wins_of_a: float) -> float:
        """Wins of the side asked about."""
        return 1 - wins_of_a if self.turned is not None and self.turned[item] else wins_of_a

    def groups(self, items: Sequence[str]) -> np.ndarray:
        """(n,) prompts; without pairs the item stands alone."""
        return np.array([self.clusters.get(item, item) for item in items])


def win_rate_report(
    votes: Sequence[Vote], pairs: Sequence[Pair] | None = None, *, of: str | None = None, judge: str | None = None
) -> Section:
    """Win rates of side a, or of the generator `of`, by people alone and corrected from each judge, as plain JSON.

    Where people's votes carry propensities they are weighted by them, and votes without one are left out.
    """
    people, by_judge = _told_apart(votes, judge, None if pairs is None else {pair.item for pair in pairs})
    tables.refuse_labels_of_no_side([*people, *(vote for said in by_judge.values() for vote in said)])
    sides = _sides(pairs, of)
    gaps: list[Section] = []
    people, chances = _chosen(sides.keep(people), gaps)
    labels = {item: sides.of_side(item, wins) for item, wins in _means(people).items()}
    if not by_judge:
        gaps.append({"what": "judges", "why": f"There are no votes of judge {judge}." if judge else NO_JUDGES})
    found = {}
    for name, said in by_judge.items():
        judged = {item: sides.of_side(item, p) for item, p in _means(sides.keep(said)).items()}
        if not any(vote.probability is not None for vote in said):
            gaps.append({"what": f"probabilities of {name}", "why": "Its verdicts carry none, so its labels are used."})
        try:
            found[name] = _corrected(labels, judged, chances, sides)
        except NotEnoughData as problem:
            gaps.append({"what": f"win rate by {name}", "why": str(problem)})
    return {"of": of or "a", "humans": _alone(labels, chances, sides, gaps), "judges": found, "not_possible": gaps}


def _told_apart(
    votes: Sequence[Vote], judge: str | None, known_items: set[str] | None = None
) -> tuple[list[Vote], dict[str, list[Vote]]]:
    """Independent votes of people, and of each judge; duplicates and unknown items are refused."""
    people = tables.independent(votes, "human")
    verdicts = [vote for vote in tables.independent(votes, "judge") if judge in (None, vote.rater)]
    tables.tabulate([*people, *verdicts], known_items=known_items)
    return people, {
        name: [vote for vote in verdicts if vote.rater == name] for name in sorted({vote.rater for vote in verdicts})
    }


def _sides(pairs: Sequence[Pair] | None, of: str | None) -> _Sides:
    clusters = {pair.item: pair.cluster for pair in pairs or ()}
    if of is None:
        return _Sides(None, clusters)
    if pairs is None:
        raise BadInput(f"Which side is {of} stands in the pairs; give them with --pairs.")
    turned = {
        pair.item: pair.generator_b == of for pair in pairs if (pair.generator_a == of) != (pair.generator_b == of)
    }
    if not turned:
        names = sorted({name for pair in pairs for name in (pair.generator_a, pair.generator_b) if name})
        known = f"the generators are {', '.join(names[:5])}" if names else "the pairs name no generators"
        raise BadInput(f"No pair has {of} on one side only; {known}.")
    return _Sides(turned, clusters)


def _chosen(people: list[Vote], gaps: list[Section]) -> tuple[list[Vote], dict[str, float]]:
    """The votes that count and the items' propensities, none where no vote has one; raises BadInput where two differ."""
    drawn = [vote for vote in people if vote.propensity is not None]
    if drawn and len(drawn) < len(people):
        why = f"{len(people) - len(drawn)} have no propensity and are left out."
        gaps.append({"what": "votes of people", "why": why})
    chances: dict[str, float] = {}
    for vote in drawn:
        if chances.setdefault(vote.item, vote.propensity or 1.0) != vote.propensity:
            raise BadInput(f"Item {vote.item} has two propensities; keep the one with which it was drawn.")
    return drawn or people, chances


def _means(votes: Sequence[Vote]) -> dict[str, float]:
    """Mean wins of a by item: probabilities where votes carry them, else labels."""
    found: dict[str, list[float]] = {}
    wins = wins_of_a(np.array([vote.label for vote in votes]))
    for vote, win in zip(votes, wins, strict=True):
        found.setdefault(vote.item, []).append(float(win) if vote.probability is None else vote.probability)
    return {item: float(np.mean(values)) for item, values in found.items()}


def _corrected(
    labels: Mapping[str, float], judged: Mapping[str, float], chances: Mapping[str, float], sides: _Sides
) -> Section:
    both, rest = ([item for item in sorted(judged) if (item in labels) is known] for known in (True, False))
    y, f = np.array([labels[item] for item in both]), np.array([judged[item] for item in both])
    more, groups = np.array([judged[item] for item in rest]), sides.groups(both)
    alone = np.concatenate([f, more])
    counts = {
        "judge_alone": asdict(win_rates.mean_rate(alone, sides.groups([*both, *rest]))),
        "labelled": len(both),
        "judged_only": len(rest),
    }
    if chances:
        pi = np.array([chances[item] for item in both])
        value = win_rates.weighted_rate(y, pi, f, alone, groups)
        by_people = win_rates.weighted_rate(y, pi, np.zeros(len(y)), np.zeros(len(alone)), groups)
        return {"method": "ipw", "win_rate": asdict(value), "humans_alone": asdict(by_people), **counts}
    found = win_rates.win_rate(y, f, more, groups, sides.groups(rest))
    return {
        "method": "ppi++",
        "win_rate": asdict(found.value),
        "humans_alone": asdict(found.humans_alone),
        "trust": found.trust,
        "gain": found.gain,
        **counts,
    }


def _alone(
    labels: Mapping[str, float], chances: Mapping[str, float], sides: _Sides, gaps: list[Section]
) -> Section | None:
    """The rate of all human labels, without any judge."""
    items = sorted(labels)
    if chances:
        gaps.append({"what": "people alone", "why": "Their items were drawn unevenly; see each judge's pool."})
        return None
    try:
        found = win_rates.win_rate(
            np.array([labels[item] for item in items]),
            np.full(len(items), 0.5),
            np.empty(0),
            sides.groups(items),
            np.empty(0),
        )
    except NotEnoughData as problem:
        gaps.append({"what": "people alone", "why": str(problem)})
        return None
    return asdict(found.value)
