"""Parts of the report on raters: what people say among themselves, and what a judge says beside them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from flywheel.records import Estimate, NotEnoughData, Vote
from flywheel.stats import agreement, intervals, position
from flywheel.stats import votes as tables
from flywheel.stats.agreement import Metric
from flywheel.stats.position import PositionEffect

Section = dict[str, Any]
Comparison = tuple[str, str, str]  # an item, the label to compare with, and the label given

UNDEFINED = "One side or both used one label only, so chance explains all agreement."


@dataclass(frozen=True, slots=True)
class Setting:
    """What all parts of one report share: the cluster of each item, randomness, and the gaps found on the way."""

    clusters: Mapping[str, str]
    rng: np.random.Generator
    draws: int = agreement.DRAWS
    gaps: list[dict[str, str]] = field(default_factory=list)

    def groups(self, items: Sequence[str]) -> np.ndarray:
        """(n,) the cluster of each item; without one the item stands alone."""
        return np.array([self.clusters.get(item, item) for item in items])

    def missing(self, what: str, why: str) -> Section | None:
        """Note what the report lacks; always None, which stands in its place."""
        self.gaps.append({"what": what, "why": why})
        return None

    def attempt(self, what: str, compute: Callable[[], Estimate | PositionEffect | None]) -> Section | None:
        """The result as JSON; None with a note where data are missing or the figure is undefined."""
        try:
            found = compute()
        except NotEnoughData as problem:
            return self.missing(what, str(problem))
        return self.missing(what, UNDEFINED) if found is None else asdict(found)


def humans(votes: Sequence[Vote], setting: Setting) -> Section:
    """Agreement, position effect and tie shares of people."""
    if not votes:
        setting.missing("humans", "There are no votes of humans.")
        return {"raters": 0, "items": 0, "votes": 0, "labels": {}, "agreement": None, "position": None, "ties": {}}
    raters = sorted({vote.rater for vote in votes})
    return {
        "raters": len(raters),
        "items": len({vote.item for vote in votes}),
        "votes": len(votes),
        "labels": dict(sorted(Counter(vote.label for vote in votes).items())),
        "agreement": human_agreement(votes, setting),
        "position": _seen_once(votes, setting, "position of humans"),
        "ties": {name: _tie_share([vote for vote in votes if vote.rater == name]) for name in raters},
    }


def human_agreement(votes: Sequence[Vote], setting: Setting, metric: Metric = "nominal") -> Section:
    """Alpha, mean pairwise kappa, AC1 and raw agreement among people, each {value, low, high, n} or None.

    The metric is alpha's; all but nominal need labels that are numbers.
    """
    table = tables.tabulate(votes)
    values = None if metric == "nominal" else tables.numbers(table.labels)
    counts, groups = tables.counts(table), setting.groups(table.items)
    rng, draws = setting.rng, setting.draws
    return {
        "alpha": setting.attempt(
            "alpha of humans",
            lambda: agreement.krippendorff_alpha(
                counts, metric=metric, values=values, rng=rng, groups=groups, draws=draws
            ),
        ),
        "mean_pairwise_kappa": setting.attempt(
            "mean pairwise kappa of humans",
            lambda: agreement.mean_pairwise_kappa(table.item, table.rater, table.label, rng=rng, groups=groups),
        ),
        "ac1": setting.attempt(
            "AC1 of humans", lambda: agreement.gwet_ac1(counts, rng=rng, groups=groups, draws=draws)
        ),
        "raw": setting.attempt("raw agreement of humans", lambda: agreement.raw_agreement(counts, groups)),
    }


def judge(
    name: str, verdicts: Sequence[Vote], majority: Mapping[str, str], gold: Mapping[str, str], setting: Setting
) -> Section:
    """Position effect of one judge, and its agreement with the human majority and with known answers."""
    settled = tables.settled(verdicts)
    on_gold = compared(settled, gold)
    right = sum(truth == label for _, truth, label in on_gold)
    return {
        "items": len(settled),
        "verdicts": len(verdicts),
        "tie_share": _tie_share(verdicts),
        "position": _judge_position(name, verdicts, setting),
        "agreement": judge_agreement(name, compared(settled, majority), setting),
        "gold": asdict(intervals.share(right, len(on_gold))) if on_gold else None,
    }


def compared(judged: Mapping[str, str], truth: Mapping[str, str]) -> list[Comparison]:
    """Item, reference label and judge's label where both exist; "both bad" prefers nobody, like a tie."""
    plain = {"both_bad": "tie"}
    shared = [item for item in sorted(judged) if item in truth]
    return [(item, plain.get(truth[item], truth[item]), plain.get(judged[item], judged[item])) for item in shared]


def judge_agreement(name: str, both: Sequence[Comparison], setting: Setting) -> Section:
    """Kappa, AC1 and raw agreement of a judge with the human majority."""
    labels = tables.ordered_labels({label for _, *pair in both for label in pair}) or ("",)
    codes = np.array([[labels.index(human), labels.index(said)] for _, human, said in both], dtype=int).reshape(-1, 2)
    counts, groups = tables.rating_counts(codes, len(labels)), setting.groups([item for item, *_ in both])
    rng, draws, people, machine = setting.rng, setting.draws, codes[:, 0], codes[:, 1]
    return {
        "kappa": setting.attempt(
            f"kappa of {name} with humans",
            lambda: agreement.cohen_kappa(people, machine, len(labels), rng=rng, groups=groups, draws=draws),
        ),
        "ac1": setting.attempt(
            f"AC1 of {name} with humans", lambda: agreement.gwet_ac1(counts, rng=rng, groups=groups, draws=draws)
        ),
        "raw": setting.attempt(f"raw agreement of {name} with humans", lambda: agreement.raw_agreement(counts, groups)),
    }


def _judge_position(name: str, verdicts: Sequence[Vote], setting: Setting) -> Section | None:
    """From pairs judged in both orders; where there are none, from verdicts that saw one order each."""
    both = tables.both_orders(verdicts)
    if not both:
        return _seen_once(verdicts, setting, f"position of {name}")
    first, second = (np.array(side) for side in zip(*both.values(), strict=True))
    groups = setting.groups(list(both))
    return _position(
        setting.attempt(f"position of {name}", lambda: position.both_orders(first, second, groups)), "both"
    )


def _seen_once(votes: Sequence[Vote], setting: Setting, what: str) -> Section | None:
    seen = [vote for vote in votes if vote.first is not None and vote.label in tables.PAIRWISE]
    if not seen:
        return setting.missing(what, "No pairwise vote says which side was shown first.")
    labels = np.array([vote.label for vote in seen])
    a_first = np.array([vote.first == "a" for vote in seen])
    groups = setting.groups([vote.item for vote in seen])
    found = _position(setting.attempt(what, lambda: position.one_order(labels, a_first, groups)), "one")
    if found is None:
        return None
    decided = position.wins_of_a(labels) != 0.5
    chose_first = ((labels == "a") == a_first)[decided].astype(float)
    share = setting.attempt(f"first share, {what}", lambda: intervals.clustered_share(chose_first, groups[decided]))
    return found | {"first_share": share}


def _position(effect: Section | None, orders: str) -> Section | None:
    if effect is None:
        return None
    return effect | {"swap_consistency": effect.pop("consistency"), "orders": orders}


def _tie_share(votes: Sequence[Vote]) -> Section:
    return asdict(intervals.share(sum(vote.label in ("tie", "both_bad") for vote in votes), len(votes)))
