"""From pairs and votes to a pool: texts embedded, labels learned from, judges listened to as far as they earned it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flywheel.embedding import steps_text
from flywheel.formats import messages as chat
from flywheel.formats import steps
from flywheel.records import JSON, BadInput, Pair, Vote
from flywheel.selection import features
from flywheel.selection.batches import Pool
from flywheel.selection.features import FeatureMap
from flywheel.selection.reward_head import RewardHead, fit_by_cross_validation
from flywheel.stats import votes as tables
from flywheel.stats.position import wins_of_a

Embed = Callable[[Sequence[str]], np.ndarray]

LENGTH = "log_length"
JUDGE = "judge_log_odds"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The pool of pairs nobody has answered, their item names, and the head that the answered ones taught."""

    items: tuple[str, ...]
    pool: Pool
    head: RewardHead | None
    feature_map: FeatureMap


def prepare(
    pairs: Sequence[Pair], votes: Sequence[Vote], embed: Embed, *, rng: np.random.Generator, judge: str | None = None
) -> Prepared:
    """Features of all pairs, the head learned from people's first-round votes, and the rest as a pool.

    `judge` names the judge to listen to; by default the one with most verdicts. Raises BadInput for votes on unknown
    items and for a judge without votes.
    """
    if not pairs:
        raise BadInput("There are no pairs to select from; send at least one.")
    people, verdicts = tables.independent(votes, "human"), tables.independent(votes, "judge")
    tables.tabulate([*people, *verdicts], known_items={pair.item for pair in pairs})
    tables.refuse_labels_of_no_side([*people, *verdicts])
    wins = _wins(people)
    probability, inconsistent = _judged(pairs, people, _of_judge(verdicts, judge))
    prompt, a, b = (embed([text(pair) for pair in pairs]) for text in (_prompt, _side_a, _side_b))
    figures, names = _figures(pairs, probability)
    feature_map = features.fit_map(prompt, a, b, figures, names, rng=rng)
    z = feature_map.features(prompt, a, b, figures)
    open_ = np.array([pair.item not in wins for pair in pairs])
    pool = Pool(
        z=z[open_],
        points=(a + b)[open_],
        strata=_strata(pairs)[open_],
        judge_probability=probability[open_],
        inconsistent=inconsistent[open_],
    )
    items = tuple(pair.item for pair in pairs if pair.item not in wins)
    return Prepared(items, pool, _learned(pairs, wins, z, rng), feature_map)


def _learned(
    pairs: Sequence[Pair], wins: Mapping[str, tuple[float, float]], z: np.ndarray, rng: np.random.Generator
) -> RewardHead | None:
    known = [index for index, pair in enumerate(pairs) if pair.item in wins]
    if not known:
        return None
    share, weight = np.array([wins[pairs[index].item] for index in known]).T
    clusters = np.array([pairs[index].cluster for index in known])
    return fit_by_cross_validation(z[known], share, clusters, rng=rng, weights=weight)


def _wins(people: Sequence[Vote]) -> dict[str, tuple[float, float]]:
    """Of each answered item: the share of wins of a, ties half, and the weight of its votes."""
    sums: dict[str, tuple[float, float]] = {}
    for vote, win in zip(people, wins_of_a(np.array([vote.label for vote in people])), strict=True):
        won, total = sums.get(vote.item, (0.0, 0.0))
        sums[vote.item] = won + vote.weight * float(win), total + vote.weight
    return {item: (won / total, total) for item, (won, total) in sums.items() if total > 0}


def _of_judge(verdicts: Sequence[Vote], judge: str | None) -> list[Vote]:
    counts = Counter(vote.rater for vote in verdicts)
    if judge is not None and judge not in counts:
        raise BadInput(f"No votes of judge {judge}; the judges are {', '.join(sorted(counts)) or 'none'}.")
    name = judge or max(sorted(counts), key=counts.__getitem__, default=None)
    return [vote for vote in verdicts if vote.rater == name]


def _judged(pairs: Sequence[Pair], people: Sequence[Vote], verdicts: Sequence[Vote]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the judge's P(a), NaN where not asked, and (n,) whether its two orders disagree.

    Its word is worth its accuracy against people's majority, by the rule of succession: ½ before any comparison.
    """
    settled, majority = tables.settled(verdicts), tables.majority(people)
    decided = [item for item, label in settled.items() if label in ("a", "b") and majority.get(item) in ("a", "b")]
    accuracy = (sum(settled[item] == majority[item] for item in decided) + 1) / (len(decided) + 2)
    worth = {"a": accuracy, "b": 1 - accuracy}
    both = tables.both_orders(verdicts)
    probability = [worth.get(settled[pair.item], 0.5) if pair.item in settled else np.nan for pair in pairs]
    flips = [pair.item in both and both[pair.item][0] != both[pair.item][1] for pair in pairs]
    return np.array(probability), np.array(flips)


def _figures(pairs: Sequence[Pair], probability: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n, names) differences of figures: those sent with the pairs, length where it was not sent, the judge's word."""
    sent = sorted({name for pair in pairs for name in pair.features} - {LENGTH, JUDGE})
    longer = [
        pair.features.get(LENGTH, features.log_length(_side_a(pair)) - features.log_length(_side_b(pair)))
        for pair in pairs
    ]
    given = np.array([[pair.features.get(name, 0.0) for name in sent] for pair in pairs]).reshape(len(pairs), len(sent))
    return np.column_stack([given, longer, features.log_odds(probability)]), (*sent, LENGTH, JUDGE)


def _strata(pairs: Sequence[Pair]) -> np.ndarray:
    """(n,) codes of generators × tercile of length: what a random share must not miss."""
    lengths = np.array([len(_side_a(pair)) + len(_side_b(pair)) for pair in pairs])
    tercile = np.searchsorted(np.quantile(lengths, [1 / 3, 2 / 3]), lengths)
    names = [f"{pair.generator_a}|{pair.generator_b}|{third}" for pair, third in zip(pairs, tercile, strict=True)]
    return np.unique(names, return_inverse=True)[1]


def _prompt(pair: Pair) -> str:
    if isinstance(pair.prompt, str):
        return pair.prompt
    return "\n".join(chat.content_text(message) for message in pair.prompt if message["role"] == "user")


def _side_a(pair: Pair) -> str:
    return _told(pair.a)


def _side_b(pair: Pair) -> str:
    return _told(pair.b)


def _told(side: JSON) -> str:
    """A side as text: as it is, or its messages' final answer and actions; other messages as JSON."""
    if isinstance(side, str):
        return side
    return steps_text(steps.from_messages(side)) or json.dumps(side, ensure_ascii=False)
