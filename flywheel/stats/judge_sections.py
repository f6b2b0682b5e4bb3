"""Parts of the report on raters that look into a judge: what sways it, topics, its own family, its probabilities, and
whether it may stand in for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from flywheel.records import NotEnoughData, Pair, Vote
from flywheel.stats import calibration, differential, replacement, self_preference, slices, versions
from flywheel.stats import votes as tables
from flywheel.stats.aggregation import preferred
from flywheel.stats.position import wins_by_item
from flywheel.stats.sections import Section, Setting

Judges = Mapping[str, Sequence[Vote]]

NEED_PAIRS = {
    "features": "There are no pairs, so no texts to look at; give them with --pairs.",
    "topics": "There are no pairs, so no topics; give them with --pairs.",
    "self-preference": "There are no pairs, so no generators; give them with --pairs.",
    "policy versions": "There are no pairs, so no generators; give them with --pairs.",
}
NOTHING: Section = {
    "features": {}, "topics": {}, "self_preference": None, "calibration": None, "replacement": None, "versions": {}, "history": [],
}  # fmt: skip


def looked_into(
    people: Sequence[Vote], by_judge: Judges, pairs: Sequence[Pair] | None, setting: Setting
) -> dict[str, Section]:
    """All parts of each judge; what is not possible is noted in the setting."""
    found = {name: dict(NOTHING) for name in by_judge}
    if pairs is None and by_judge:
        for what, why in NEED_PAIRS.items():
            setting.missing(what, why)
    known = {pair.item: pair for pair in pairs or ()}
    parts = [_calibrated(people, by_judge, setting)]
    if known:
        parts += [
            swayed(people, by_judge, known, setting),
            _by_topic(people, by_judge, known, setting),
            _own_family(people, by_judge, known, setting),
            versions.of_policies(people, by_judge, known, setting),
        ]
    parts += [_replaceable(people, by_judge, known, setting), versions.of_judges(people, by_judge, setting)]
    for part in parts:
        for name, told in part.items():
            found[name] |= told
    return found


def swayed(people: Sequence[Vote], by_judge: Judges, pairs: Mapping[str, Pair], setting: Setting) -> dict[str, Section]:
    """What sways each judge at equal preference of people; the tests of all judges are adjusted together."""
    found = {}
    for name, said in by_judge.items():
        try:
            found[name] = differential.judged(name, said, people, pairs)
        except NotEnoughData as problem:
            setting.missing(f"features of {name}", str(problem))
    differential.decide(found)
    for name, one in found.items():
        for feature, why in one.dropped.items():
            setting.missing(f"{feature} of {name}", why)
    return {
        name: {
            "features": {feature: finding.told() for feature, finding in one.findings.items()},
            "first_stage": round(one.first_stage, 2),
            "sharpness": round(one.sharpness, 4),
        }
        for name, one in found.items()
    }


def _by_topic(
    people: Sequence[Vote], by_judge: Judges, pairs: Mapping[str, Pair], setting: Setting
) -> dict[str, Section]:
    """On which topics each judge is nearer to people, or farther from them, than elsewhere."""
    topics = {item: pair.topic for item, pair in pairs.items() if pair.topic is not None}
    if not topics and by_judge:
        setting.missing("topics", "The pairs name no topics; add topic to pairs.jsonl.")
        return {}
    wins, found = wins_by_item(people), {}
    for name, said in by_judge.items():
        verdicts = {item: float(one.mean()) for item, one in wins_by_item(said).items()}
        items = [item for item in sorted(verdicts) if item in topics and len(wins.get(item, ())) >= 2]
        near = slices.nearness(np.array([verdicts[item] for item in items]), [wins[item] for item in items])
        labels = np.array([topics[item] for item in items])
        try:
            one = slices.by_topic(near, labels, setting.groups(items), centre=float(near.mean()) if items else 0.0)
        except NotEnoughData as problem:
            setting.missing(f"topics of {name}", str(problem))
            continue
        for topic, n in one.left_out.items():
            setting.missing(f"topic {topic} of {name}", f"{n} items, at least {slices.FEWEST} of ten prompts needed.")
        found[name] = {"topics": {topic: gap.told() for topic, gap in one.gaps.items()}}
    return found


def _own_family(
    people: Sequence[Vote], by_judge: Judges, pairs: Mapping[str, Pair], setting: Setting
) -> dict[str, Section]:
    """Whether each judge favours its own family beyond its worth."""
    if not by_judge:
        return {}
    try:
        found = self_preference.preferences(by_judge, people, pairs)
    except NotEnoughData as problem:
        setting.missing("self-preference", str(problem))
        return {}
    for name, why in found.left_out.items():
        setting.missing(f"self-preference of {name}", why)
    return {name: {"self_preference": favour.told()} for name, favour in found.favours.items()}


def _calibrated(people: Sequence[Vote], by_judge: Judges, setting: Setting) -> dict[str, Section]:
    """Whether each judge's probabilities mean what they say, as they are and recalibrated on other prompts."""
    wins, found = preferred(people), {}
    for name, said in by_judge.items():
        chances: dict[str, list[float]] = {}
        for vote in said:
            if vote.probability is not None:
                chances.setdefault(vote.item, []).append(vote.probability)
        if not chances:
            setting.missing(f"calibration of {name}", "Its verdicts carry no probability; add it to votes.jsonl.")
            continue
        items = [item for item in sorted(chances) if item in wins]
        p = np.array([np.mean(chances[item]) for item in items])
        try:
            told = _calibration(p, np.array([wins[item] for item in items]), setting.groups(items), setting)
        except NotEnoughData as problem:
            setting.missing(f"calibration of {name}", str(problem))
            continue
        found[name] = {"calibration": told}
    return found


def _calibration(said: np.ndarray, came: np.ndarray, groups: np.ndarray, setting: Setting) -> Section:
    rng, draws = setting.rng, setting.draws
    before = calibration.measured(said, came, groups, rng=rng, draws=draws)
    mended, method = calibration.cross_fitted(said, came, groups, rng=rng)
    after = calibration.measured(mended, came, groups, rng=rng, draws=draws)
    recalibrated = {"method": method, "ece": asdict(after.ece), "brier": asdict(after.brier.score)}
    return asdict(before) | {"points": [asdict(point) for point in before.points], "recalibrated": recalibrated}


def _replaceable(
    people: Sequence[Vote], by_judge: Judges, pairs: Mapping[str, Pair], setting: Setting
) -> dict[str, Section]:
    """Whether each judge may stand in for a person: on all items, and within each topic."""
    topics = {item: pair.topic for item, pair in pairs.items() if pair.topic is not None}
    found, needed = {}, f"at least {replacement.FEWEST} of ten prompts needed."
    for name, said in by_judge.items():
        labels = tables.settled(said)
        try:
            one = replacement.replacement(labels, people, clusters=setting.clusters)
        except NotEnoughData as problem:
            setting.missing(f"replacement by {name}", str(problem))
            continue
        within = replacement.by_topic(labels, people, topics, clusters=setting.clusters)
        for who, n in one.left_out.items():
            setting.missing(f"{who} against {name}", f"{n} items shared with others and the judge, {needed}")
        for topic, n in within.left_out.items():
            setting.missing(f"replacement on {topic} by {name}", f"{n} items of one person, {needed}")
        told = {topic: inside.told() for topic, inside in within.found.items()}
        found[name] = {"replacement": {"epsilon": one.epsilon, **one.told(), "topics": told}}
    return found
