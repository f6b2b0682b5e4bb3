"""The report on people: how much each one's answers tell, habits, what sways them, drift, and how all of them tire."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np

from flywheel.records import BadInput, NotEnoughData, Pair, Vote
from flywheel.stats import annotator_bias, annotators, design, fatigue, features, habits
from flywheel.stats import votes as tables
from flywheel.stats.annotator_bias import Sway
from flywheel.stats.annotator_sections import FALSE_DISCOVERIES, courses, lack
from flywheel.stats.candidates import asked
from flywheel.stats.hidden_quality import Answers
from flywheel.stats.multiplicity import bh
from flywheel.stats.position import wins_of_a
from flywheel.stats.sections import Section, Setting
from flywheel.stats.votes import MISSING, VoteTable

LENGTH_AND_FORMAT = ("verbosity", *features.MARKS)


def annotators_report(
    votes: Sequence[Vote], pairs: Sequence[Pair] | None = None, *, rng: np.random.Generator
) -> Section:
    """Every person's informativeness, known answers, speed, sides, sways, drift and flags, and pooled fatigue, as plain JSON.

    First-round votes of people count; `pairs` give texts and clusters and must hold every item voted on. A flag asks
    for a second look and is never raised by speed or drift alone; fatigue is of all together. Raises NotEnoughData
    without people.
    """
    people = tables.independent(votes, "human")
    texts = None if pairs is None else {pair.item: pair for pair in pairs}
    setting = Setting({pair.item: pair.cluster for pair in pairs or ()}, rng)
    if not people:
        raise NotEnoughData("votes of humans", 0, 1)
    table = tables.tabulate(people, known_items=texts)
    answers = tables.known_answers(votes)
    known = np.array([_code(table, answers.get(item)) for item in table.items])
    found: dict[str, Section] = {
        name: {"votes": int(n), "flags": []} for name, n in zip(table.raters, np.bincount(table.rater), strict=True)
    }
    _qualities(found, table, known, setting)
    _speeds(found, table, people, texts, setting)
    _sides(found, table, people, setting)
    spreads = _sways(found, table, texts, setting)
    courses(found, table, known, people, setting)
    _flag(found)
    return {
        "votes": len(people),
        "items": len(table.items),
        "annotators": found,
        "spreads": spreads,
        "pooled": _pooled(table, known, people, votes, setting),
        "not_possible": setting.gaps,
    }


def _code(table: VoteTable, label: str | None) -> int:
    return table.labels.index(label) if label in table.labels else MISSING


def _qualities(found: dict[str, Section], table: VoteTable, known: np.ndarray, setting: Setting) -> None:
    try:
        told = annotators.qualities(table, known, rng=setting.rng)
    except (NotEnoughData, BadInput) as problem:
        setting.missing("informativeness", str(problem))
        told = [None] * len(table.raters)
    gold = annotators.on_gold(table, known)
    adjusted = iter(bh(np.array([one.p for one in gold if one])))
    for name, quality, one in zip(table.raters, told, gold, strict=True):
        found[name]["quality"] = quality and asdict(quality)
        found[name]["gold"] = asdict(one) | {"p_adjusted": float(next(adjusted))} if one else None
    why = f"Fewer than {annotators.FEWEST} answers on items that others answered or whose answer is known."
    lack(found, "quality", "informativeness", why, setting)
    if all(one is None for one in gold):
        setting.missing("gold", "Nobody answered an item with a known answer.")


def _speeds(
    found: dict[str, Section],
    table: VoteTable,
    people: Sequence[Vote],
    texts: Mapping[str, Pair] | None,
    setting: Setting,
) -> None:
    seconds = np.array([np.nan if vote.seconds is None else vote.seconds for vote in people])
    timed = np.isfinite(seconds)
    if texts is None:
        setting.missing(
            "speed by length", "There are no pairs, so no lengths of texts; only the floor of 2 seconds holds."
        )
    words = {item: _words(texts[item]) if texts else 0 for item in table.items}
    size = np.array([words[vote.item] for vote in people], dtype=float)
    surprise = np.zeros(len(people))
    if timed.any():
        surprise[timed] = habits.surprise(seconds[timed], size[timed], table.rater[timed])
    for rater, name in enumerate(table.raters):
        mine = timed & (table.rater == rater)
        try:
            pace = habits.pace(seconds[mine], size[mine], surprise[mine])
            found[name]["speed"] = asdict(pace) | {"is_hurried": pace.is_hurried}
        except NotEnoughData:
            found[name]["speed"] = None
    lack(found, "speed", "speed", f"Fewer than {habits.FEWEST} answers that say how many seconds they took.", setting)


def _words(pair: Pair) -> int:
    return sum(len(features.said(side).split()) for side in (pair.a, pair.b))


def _sides(found: dict[str, Section], table: VoteTable, people: Sequence[Vote], setting: Setting) -> None:
    by_rater: dict[str, list[Vote]] = {name: [] for name in table.raters}
    for vote in people:
        if vote.label in ("a", "b") and vote.first is not None:
            by_rater[vote.rater].append(vote)
    told = {}
    for name, mine in by_rater.items():
        is_in_order = all(vote.at is not None for vote in mine)
        ordered = sorted(mine, key=_moment) if is_in_order else mine
        chose = np.array([vote.label == vote.first for vote in ordered], dtype=bool)
        try:
            told[name] = habits.sides(chose, is_in_order=is_in_order)
        except NotEnoughData:
            found[name]["sides"] = None
    runs = [one.runs_p for one in told.values() if one.runs_p is not None]
    adjusted = iter(bh(np.array(runs)))
    for name, one in told.items():
        p = None if one.runs_p is None else float(next(adjusted))
        is_straight = one.is_one_sided or (p is not None and p <= habits.IN_A_ROW)
        found[name]["sides"] = asdict(one) | {"runs_p_adjusted": p, "is_straight_lining": is_straight}
    why = f"Fewer than {habits.FEWEST} answers for one side that say which was shown first."
    lack(found, "sides", "sides", why, setting)
    if told and not runs:
        setting.missing("runs of one side", "Answers do not say when they were given, or one side was hardly chosen.")


def _moment(vote: Vote) -> tuple[datetime, str]:
    if vote.at is None:
        raise ValueError("an answer without its time has no place in order")
    return vote.at, vote.item


def _sways(
    found: dict[str, Section], table: VoteTable, texts: Mapping[str, Pair] | None, setting: Setting
) -> dict[str, float]:
    """Add what sways each person; returns one deviation of each feature in its own units."""
    for one in found.values():
        one["sways"] = None
    if not set(table.labels) <= set(tables.PAIRWISE):
        setting.missing("sways", "The labels are not answers on pairs: a, b, tie or both_bad.")
        return {}
    names, values, spreads = _design(table, texts, setting)
    shown = np.array([1.0, -1.0, 0.0])[table.first]  # a first, b first, and last, as −1 counts from behind, unknown
    wins = wins_of_a(np.array(table.labels))[table.label]
    answers = Answers(table.item, table.rater, wins, shown, table.weight)
    groups = np.array([setting.clusters.get(item, asked(item)) for item in table.items])
    try:
        told = annotator_bias.sways(answers, values, groups, len(table.raters))
    except NotEnoughData as problem:
        setting.missing("sways", str(problem))
        return spreads
    for rater, sways in told.items():
        by_name = dict(zip([*names, "position"], sways, strict=True))
        found[table.raters[rater]]["sways"] = {name: sway and _told(sway) for name, sway in by_name.items()}
    why = f"Fewer than {annotator_bias.FEWEST} answers on items that others answered, or these all say the same."
    lack(found, "sways", "sways", why, setting)
    if not np.any(shown != 0):
        setting.missing("position", "No vote says which side was shown first.")
    return spreads


def _design(
    table: VoteTable, texts: Mapping[str, Pair] | None, setting: Setting
) -> tuple[list[str], np.ndarray, dict[str, float]]:
    """Names and (items, k) values of length and format in standard deviations, and what one deviation is worth."""
    if texts is None:
        setting.missing("length and format", "There are no pairs, so no texts to look at; give them with --pairs.")
        return [], np.zeros((len(table.items), 0)), {}
    names, values = design.table([texts[item] for item in table.items])
    kept = [place for place, name in enumerate(names) if name in LENGTH_AND_FORMAT]
    made = design.standardised([names[place] for place in kept], values[:, kept])
    for name, why in made.dropped.items():
        setting.missing(name, why)
    return made.names, made.values, {n: float(s) for n, s in zip(made.names, made.spread, strict=True)}


def _told(sway: Sway) -> Section:
    return asdict(sway) | {"is_flagged": sway.is_flagged}


def _flag(found: Mapping[str, Section]) -> None:
    """The flags of each person by name; speed counts only beside answers that tell little."""
    for one in found.values():
        quality, gold, speed, sides = one["quality"], one["gold"], one["speed"], one["sides"]
        is_low = quality is not None and quality["informativeness"]["value"] < annotators.LOW
        reasons = {
            "adverse": quality is not None and quality["is_adverse"],
            "uninformative": quality is not None and quality["is_uninformative"],
            "gold": gold is not None and gold["p_adjusted"] <= FALSE_DISCOVERIES,
            "hurried": is_low and speed is not None and speed["is_hurried"],
            "straight_lining": sides is not None and sides["is_straight_lining"],
        }
        swayed = [f"swayed:{name}" for name, sway in (one["sways"] or {}).items() if sway and sway["is_flagged"]]
        one["flags"] = [name for name, holds in reasons.items() if holds] + swayed


def _pooled(
    table: VoteTable, known: np.ndarray, people: Sequence[Vote], votes: Sequence[Vote], setting: Setting
) -> Section:
    """Fatigue and slowness of everybody together."""
    places = _places(votes)
    seated = [(vote.rater, vote.sitting, vote.at) in places for vote in people]
    if not any(seated):
        setting.missing("fatigue", "Votes do not say in which sitting and when they were given.")
        return {"fatigue": None, "slowness": None}
    agrees = fatigue.agreeing(table.item, table.label, known[table.item], len(table.labels))
    agrees = np.where(seated, agrees, np.nan)
    place = np.array([places.get((vote.rater, vote.sitting, vote.at), 0) for vote in people], dtype=float)
    names = [f"{vote.rater} {vote.sitting}" for vote in people]
    sitting = np.unique(names, return_inverse=True)[1]
    log = np.log([np.nan if vote.seconds is None else max(vote.seconds, 0.1) for vote in people])
    try:
        told = fatigue.paces(agrees, table.rater, place, sitting, table.item, log)
    except NotEnoughData as problem:
        setting.missing("fatigue", str(problem))
        return {"fatigue": None, "slowness": None}
    if told.slowness is None:
        setting.missing("slowness", "Too few answers say how many seconds they took.")
    return {"fatigue": asdict(told.fatigue), "slowness": told.slowness and asdict(told.slowness)}


def _places(votes: Sequence[Vote]) -> dict[tuple[str, str | None, datetime | None], int]:
    """How many answers, repeats included, a person gave before in the same sitting; pairs of one ranking are one."""
    given = {(vote.rater, vote.sitting, vote.at) for vote in votes if vote.kind == "human" and not vote.gold}
    ordered = sorted((rater, sitting, at) for rater, sitting, at in given if sitting is not None and at is not None)
    found: dict[tuple[str, str | None, datetime | None], int] = {}
    last, number = None, 0
    for rater, sitting, at in ordered:
        number = number + 1 if (rater, sitting) == last else 0
        last = (rater, sitting)
        found[rater, sitting, at] = number
    return found
