"""One report on raters: how far people agree, how far judges agree with them, and what first place is worth."""

from collections.abc import Mapping, Sequence

import numpy as np

from flywheel.records import Pair, Vote
from flywheel.stats import agreement, agreement_slices, disagreements, judge_sections, sections
from flywheel.stats import votes as tables
from flywheel.stats.agreement import Metric
from flywheel.stats.sections import Comparison, Section, Setting


def bias_report(
    votes: Sequence[Vote],
    pairs: Sequence[Pair] | None = None,
    *,
    rng: np.random.Generator,
    draws: int = agreement.DRAWS,
    judge: str | None = None,
) -> Section:
    """Agreement, position effects and disagreements of all raters as plain JSON; every figure is {value, low, high, n} or null.

    Repeats, adjudications and known answers do not count as votes. `pairs` give the clusters (prompts) of items and
    must hold every item voted on; without them each item is its own cluster. `judge` looks at one judge only.
    """
    people, by_judge = _split(votes, pairs, judge)
    tables.refuse_labels_of_no_side(votes)
    setting = Setting({pair.item: pair.cluster for pair in pairs or ()}, rng, draws)
    if not by_judge:
        setting.missing("judges", f"There are no votes of judge {judge}." if judge else "There are no votes of judges.")
    majority, gold = tables.majority(people), tables.known_answers(votes)
    judges = {name: sections.judge(name, said, majority, gold, setting) for name, said in by_judge.items()}
    for name, told in judge_sections.looked_into(people, by_judge, pairs, setting).items():
        judges[name] |= told
    known, sways = {pair.item: pair for pair in pairs or ()}, disagreements.swaying(judges)
    return {
        "humans": sections.humans(people, setting),
        "judges": judges,
        **disagreements.told(people, by_judge, gold, known, sways, setting),
        "not_possible": setting.gaps,
    }


def agreement_report(
    votes: Sequence[Vote],
    pairs: Sequence[Pair] | None = None,
    *,
    rng: np.random.Generator,
    metric: Metric = "nominal",
    draws: int = agreement.DRAWS,
) -> Section:
    """How far people agree, and judges with them, for labels of any kind; `metric` is that of alpha among people.

    With `pairs`, which must hold every item voted on, intervals resample prompts, and there are figures by queue, topic
    and pair of policies, with the groups that agree less than the rest, over time, and disagreements by whose doing.
    """
    people, by_judge = _split(votes, pairs, None)
    setting = Setting({pair.item: pair.cluster for pair in pairs or ()}, rng, draws)
    majority = tables.majority(people)
    both = {name: sections.compared(tables.settled(said), majority) for name, said in by_judge.items()}
    found: Section = {
        "raters": len({vote.rater for vote in people}),
        "items": len({vote.item for vote in people}),
        "votes": len(people),
        "humans": sections.human_agreement(people, setting, metric)
        if people
        else setting.missing("humans", "There are no votes of humans.") or {},
        "judges": {name: sections.judge_agreement(name, one, setting) for name, one in both.items()},
    }
    if pairs is not None and people:
        found |= _by_pairs(people, both, pairs, setting, metric)
        found |= _disagreements(votes, people, by_judge, pairs, setting)
    return found | {"not_possible": setting.gaps}


def _by_pairs(
    people: Sequence[Vote],
    by_judge: Mapping[str, Sequence[Comparison]],
    pairs: Sequence[Pair],
    setting: Setting,
    metric: Metric,
) -> Section:
    """Agreement by what the pairs tell of the items, and over time."""
    raters = [agreement_slices.people(people, setting, metric)]
    raters += [agreement_slices.judge(name, both, setting) for name, both in by_judge.items()]
    return {
        "slices": agreement_slices.by_slice(raters, pairs, setting),
        "time": agreement_slices.over_time(raters, people, setting),
    }


def _disagreements(
    votes: Sequence[Vote],
    people: Sequence[Vote],
    by_judge: Mapping[str, Sequence[Vote]],
    pairs: Sequence[Pair],
    setting: Setting,
) -> Section:
    """Disagreements with the reasons of judges; why features could not be looked at is for the report on bias to say."""
    known, apart = {pair.item: pair for pair in pairs}, Setting(setting.clusters, setting.rng, setting.draws)
    names_sides = {vote.label for vote in votes} <= set(tables.PAIRWISE)
    swayed = judge_sections.swayed(people, by_judge, known, apart) if names_sides else {}
    gold, sways = tables.known_answers(votes), disagreements.swaying(swayed)
    return disagreements.told(people, by_judge, gold, known, sways, setting)


def _split(
    votes: Sequence[Vote], pairs: Sequence[Pair] | None, judge: str | None
) -> tuple[list[Vote], dict[str, list[Vote]]]:
    """Independent votes of people, and of each judge; strangers and duplicates are refused before any work."""
    people = tables.independent(votes, "human")
    verdicts = [vote for vote in tables.independent(votes, "judge") if judge in (None, vote.rater)]
    tables.tabulate([*people, *verdicts], known_items=None if pairs is None else {pair.item for pair in pairs})
    by_judge: dict[str, list[Vote]] = {name: [] for name in sorted({vote.rater for vote in verdicts})}
    for vote in verdicts:
        by_judge[vote.rater].append(vote)
    return people, by_judge
