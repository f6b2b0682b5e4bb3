"""Versions in the report on raters: of policies that a judge may come to favour, and of the judge itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from flywheel.records import Pair, Vote
from flywheel.stats import hacking, sections
from flywheel.stats import votes as tables
from flywheel.stats.position import wins_by_item
from flywheel.stats.sections import Section, Setting

PLANNED = 8  # versions over which the alarm's error is spent; with the next one a new plan begins

Judges = Mapping[str, Sequence[Vote]]
Contests = dict[str, dict[str, dict[str, dict[str, bool]]]]  # policy → opponent → version → item → policy is b there


@dataclass(frozen=True, slots=True)
class _Answers:
    """Wins of a by judge and by people on the items that count, the chances with which those were drawn, and prompts."""

    judged: Mapping[str, np.ndarray]
    people: Mapping[str, np.ndarray]
    chances: Mapping[str, float]
    setting: Setting

    def sample(self, version: str, turned: Mapping[str, bool]) -> hacking.Sample:
        """These items as wins of the policy; `turned` says where it is side b."""
        items = sorted(turned)
        b = np.array([turned[item] for item in items])
        judged, people = (np.array([float(wins[item].mean()) for item in items]) for wins in (self.judged, self.people))
        weight = np.array([1 / self.chances[item] for item in items]) if self.chances else None
        return hacking.Sample(
            version,
            np.where(b, 1 - judged, judged),
            np.where(b, 1 - people, people),
            self.setting.groups(items),
            weight,
        )


def of_policies(
    people: Sequence[Vote], by_judge: Judges, pairs: Mapping[str, Pair], setting: Setting
) -> dict[str, Section]:
    """For each judge and each policy with two versions or more, the alarm over its versions against one opponent.

    Generators are "name@version". Where people's votes carry propensities only items drawn by chance count, each weighted
    by one over its own.
    """
    chances = {vote.item: vote.propensity for vote in people if vote.propensity is not None}
    wins, found = wins_by_item(people), {}
    counted = [item for item in wins if item in chances or not chances]
    for name, said in by_judge.items():
        judged = wins_by_item(said)
        contests = _contests([item for item in counted if item in judged], pairs)
        if not contests:
            why = "No policy has two versions (generators named name@version) on items drawn by chance that it and people answered."
            setting.missing(f"policy versions by {name}", why)
        answers = _Answers(judged, wins, chances, setting)
        told = {policy: _watched(name, policy, contests[policy], answers) for policy in sorted(contests)}
        found[name] = {"versions": {policy: one for policy, one in told.items() if one}}
    return found


def _contests(items: Iterable[str], pairs: Mapping[str, Pair]) -> Contests:
    """Who of which version met whom; only policies of which two versions are known."""
    found: Contests = {}
    for item in items:
        pair = pairs.get(item)
        if pair is None or not pair.generator_a or not pair.generator_b or pair.generator_a == pair.generator_b:
            continue
        sides = (pair.generator_a, pair.generator_b, False), (pair.generator_b, pair.generator_a, True)
        for mine, other, is_b in sides:
            policy, at, version = mine.rpartition("@")
            if at:
                found.setdefault(policy, {}).setdefault(other, {}).setdefault(version, {})[item] = is_b
    return {
        policy: met for policy, met in found.items() if len({version for one in met.values() for version in one}) > 1
    }


def _watched(
    judge: str, policy: str, met: Mapping[str, Mapping[str, Mapping[str, bool]]], answers: _Answers
) -> Section | None:
    """The versions that met the opponent whom most of them met, the first such where several did."""

    def worth(opponent: str) -> tuple[int, int]:
        sizes = [len(items) for items in met[opponent].values() if len(items) >= hacking.FEWEST]
        return len(sizes), sum(sizes)

    opponent = max(sorted(met, key=tables.natural), key=worth)
    everybody = sorted({version for one in met.values() for version in one}, key=tables.natural)
    sizes = {version: len(met[opponent].get(version, {})) for version in everybody if f"{policy}@{version}" != opponent}
    for version, n in sizes.items():
        if n < hacking.FEWEST:
            why = f"{n} items against {opponent} that it and people answered, at least {hacking.FEWEST} needed."
            answers.setting.missing(f"{policy}@{version} by {judge}", why)
    enough = [version for version, n in sizes.items() if n >= hacking.FEWEST]
    if not enough:
        return None
    begun = _begun(len(enough))
    samples = [answers.sample(version, met[opponent][version]) for version in enough[begun:]]
    looks = [asdict(look) | {"alarms": list(look.alarms)} for look in hacking.watched(samples, planned=PLANNED)]
    return {
        "opponent": opponent,
        "planned": PLANNED,
        "earlier": enough[:begun],
        "is_weighted": bool(answers.chances),
        "looks": looks,
    }


def _begun(count: int) -> int:
    """Where the plan that holds the newest of so many versions begins: each starts with the last version of the one before."""
    return max(0, count - 2) // (PLANNED - 1) * (PLANNED - 1)


def of_judges(people: Sequence[Vote], by_judge: Judges, setting: Setting) -> dict[str, Section]:
    """Each judge's agreement with most people by the version of its prompt or model, oldest first."""
    majority, found = tables.majority(people), {}
    for name, said in by_judge.items():
        if not any(vote.version for vote in said):
            setting.missing(f"history of {name}", "Its verdicts carry no version; add it to votes.jsonl.")
            continue
        by_version: dict[str | None, list[Vote]] = {}
        for vote in said:
            by_version.setdefault(vote.version, []).append(vote)
        # In an order of their own, not that of the votes: each draws from the same generator.
        ordered = sorted(by_version, key=lambda version: tables.natural(version or ""))
        rows = [_version(name, version, by_version[version], majority, setting) for version in ordered]
        rows.sort(key=lambda row: (row["since"] or "", tables.natural(row["version"] or "")))
        found[name] = {"history": rows}
    return found


def _version(
    name: str, version: str | None, said: Sequence[Vote], majority: Mapping[str, str], setting: Setting
) -> Section:
    settled = tables.settled(said)
    moments = [vote.at for vote in said if vote.at is not None]
    both = sections.compared(settled, majority)
    return {
        "version": version,
        "since": _iso(min(moments, default=None)),
        "until": _iso(max(moments, default=None)),
        "items": len(settled),
        "agreement": sections.judge_agreement(f"{name}, version {version or 'unknown'},", both, setting),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
