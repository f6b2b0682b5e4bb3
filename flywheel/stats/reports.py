"""One report on raters: how far people agree, how far judges agree with them, and what first place is worth."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from flywheel.records import Pair, Vote
from flywheel.stats import agreement, agreement_slices, judge_sections, sections
from flywheel.stats import votes as tables
from flywheel.stats.agreement import Metric
from flywheel.stats.sections import Section, Setting

LISTED = 500  # disagreements listed; all are counted


def bias_report(
    votes: Sequence[Vote],
    pairs: Sequence[Pair] | None = None,
    *,
    rng: np.random.Generator,
    draws: int = agreement.DRAWS,
    judge: str | None = None,
) -> Section:
    """Agreement and position effects of all raters as plain JSON; every figure is {value, low, high, n} or null.

    Repeats, adjudications and known answers do not count as votes. `pairs` give the clusters (prompts) of items and
    must hold every item voted on; without them each item is its own cluster. `judge` looks at one judge only.
    """
    people, by_judge = _split(votes, pairs, judge)
    tables.refuse_labels_of_no_side(votes)
    setting = Setting({pair.item: pair.cluster for pair in pairs or ()}, rng, draws)
    if not by_judge:
        setting.missing("judges", f"There are no votes of judge {judge}." if judge else "There are no votes of judges.")
    majority, gold = tables.majority(people), tables.known_answers(votes)
    listed = _disagreements(people, majority, by_judge)
    judges = {name: sections.judge(name, said, majority, gold, setting) for name, said in by_judge.items()}
    for name, told in judge_sections.looked_into(people, by_judge, pairs, setting).items():
        judges[name] |= told
    return {
        "humans": sections.humans(people, setting),
        "judges": judges,
        "disagreement_count": len(listed),
        "disagreements": listed[:LISTED],
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
    and pair of policies, with the groups that agree less than the rest, and over time.
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
        raters = [agreement_slices.people(people, setting, metric)]
        raters += [agreement_slices.judge(name, one, setting) for name, one in both.items()]
        found["slices"] = agreement_slices.by_slice(raters, pairs, setting)
        found["time"] = agreement_slices.over_time(raters, people, setting)
    return found | {"not_possible": setting.gaps}


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


def _disagreements(
    people: Sequence[Vote], majority: Mapping[str, str], by_judge: Mapping[str, Sequence[Vote]]
) -> list[Section]:
    """Items where people differ or a judge differs from most of them; judges against clear majorities come first."""
    said: dict[str, Counter[str]] = {}
    for vote in people:
        said.setdefault(vote.item, Counter())[vote.label] += 1
    against: dict[str, dict[str, str]] = {}
    for name, verdicts in by_judge.items():
        for item, human, machine in sections.compared(tables.settled(verdicts), majority):
            if human != machine:
                against.setdefault(item, {})[name] = machine

    def rank(item: str) -> tuple[bool, float, int, str]:
        total = said[item].total()
        return item not in against, -max(said[item].values()) / total, -total, item

    return [
        {
            "item": item,
            "humans": dict(sorted(said[item].items())),
            "majority": majority.get(item),
            "judges": against.get(item, {}),
        }
        for item in sorted(said, key=rank)
        if item in against or len(said[item]) > 1
    ]
