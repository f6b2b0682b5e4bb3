"""How much each rater's answers tell, from Dawid–Skene's expected counts and known answers (Raykar & Yu 2012).

Informativeness J: by how much the chance of an answer moves with the truth, +1 always right, 0 the same whatever the
truth, −1 always reversed. Of two labels it is P(a | a) + P(b | b) − 1. Of more, the distance between the answers'
distributions under two truths, averaged over pairs of truths by how often both occur, and negative if the rater leans
to the wrong one of them.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import BadInput, Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.aggregation import dawid_skene
from flywheel.stats.votes import MISSING, VoteTable

LOW = 0.2  # informativeness below which answers tell next to nothing
SURE = 0.9  # posterior probability that it is as low, for a flag
ADVERSE = 0.975  # posterior probability of answering against the truth, to be named
GOLD_ACCURACY = 0.7  # expected of people on known answers
DRAWS = 2000
MOST_LABELS = 12  # the distance of every two truths over every label, for every draw
FEWEST = 10  # votes on items that somebody else answered or whose answer is known


@dataclass(frozen=True, slots=True)
class Quality:
    """One rater: J, the posterior probabilities that it is low and that it is negative, and what follows.

    `is_adverse` answers tell much, the wrong way round: consensus turns them round, a person should ask why.
    """

    informativeness: Estimate
    low_p: float
    adverse_p: float
    is_uninformative: bool
    is_adverse: bool

    @property
    def is_flagged(self) -> bool:
        """Whether J is surely below 0.2, for one reason or the other."""
        return self.low_p > SURE


@dataclass(frozen=True, slots=True)
class OnGold:
    """Share right of the known answers, and the exact p-value against an accuracy of 0.7."""

    right: Estimate
    p: float


def qualities(table: VoteTable, known: np.ndarray | None = None, *, rng: np.random.Generator) -> list[Quality | None]:
    """One a rater of the table, None with fewer than 10 votes that can be told right from wrong.

    `known` (items,) holds the true codes of gold items and MISSING elsewhere. Items with one vote and no known answer do
    not count: there Dawid–Skene can only believe the one voter. Raises BadInput for more
    than 12 labels.
    """
    gold = np.full(len(table.items), MISSING) if known is None else known
    if len(table.labels) < 2:
        raise NotEnoughData("labels to tell raters apart", len(table.labels), 2)
    if len(table.labels) > MOST_LABELS:
        raise BadInput(
            f"People use {len(table.labels)} labels; at most {MOST_LABELS} can tell them apart, so group them."
        )
    usable = ((np.bincount(table.item, minlength=len(table.items)) > 1) | (gold != MISSING))[table.item]
    if not usable.any():
        raise NotEnoughData("items with two answers or a known one", 0, 1)
    told, places = _only(table, usable)
    posterior = dawid_skene(told, gold[places]).posterior
    counts, shares = expected_counts(told, posterior), posterior.mean(axis=0)
    given = np.bincount(told.rater, minlength=len(table.raters))
    return [_quality(counts[r], shares, int(n), rng) if n >= FEWEST else None for r, n in enumerate(given)]


def expected_counts(table: VoteTable, posterior: np.ndarray) -> np.ndarray:
    """(raters, truths, labels) how often each rater said each label under each truth, from (items, V) posteriors."""
    raters, categories = len(table.raters), len(table.labels)
    cell = table.rater * categories + table.label
    weighed = table.weight[:, None] * posterior[table.item]
    found = [np.bincount(cell, weighed[:, truth], raters * categories) for truth in range(categories)]
    return np.stack(found, axis=1).reshape(raters, categories, categories).transpose(0, 2, 1)


def informativeness(confusion: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """J of (…, V, V) confusion matrices, truths in rows, where truths have these (V,) shares."""
    first, second = np.triu_indices(len(shares), 1)
    weight = shares[first] * shares[second]
    rows, others = confusion[..., first, :], confusion[..., second, :]
    distance = np.abs(rows - others).sum(axis=-1) / 2
    places = np.arange(len(first))
    gap = rows - others
    leaning = (gap[..., places, first] - gap[..., places, second]) / 2
    if len(shares) == 2:
        return leaning[..., 0]
    found: np.ndarray = np.sign((leaning * weight).sum(axis=-1)) * (distance * weight).sum(axis=-1) / weight.sum()
    return found


def _quality(counts: np.ndarray, shares: np.ndarray, n: int, rng: np.random.Generator) -> Quality:
    """From (V, V) expected counts: rows are independent Dirichlet, for two labels Beta, from an even prior."""
    draws = rng.standard_gamma(counts + 1, size=(DRAWS, *counts.shape))
    drawn = informativeness(draws / draws.sum(axis=-1, keepdims=True), shares)
    low, high = intervals.percentile(drawn)
    low_p, adverse_p = float((drawn < LOW).mean()), float((drawn < 0).mean())
    is_adverse = adverse_p > ADVERSE
    return Quality(
        Estimate(float(np.median(drawn)), low, high, n), low_p, adverse_p, low_p > SURE and not is_adverse, is_adverse
    )


def on_gold(table: VoteTable, known: np.ndarray) -> list[OnGold | None]:
    """Of each rater of the table, how often known answers were met; None for those who saw none."""
    seen = known[table.item] != MISSING
    size = len(table.raters)
    asked = np.bincount(table.rater[seen], minlength=size)
    right = np.bincount(table.rater[seen & (table.label == known[table.item])], minlength=size)
    return [_gold(int(k), int(n)) if n else None for k, n in zip(right, asked, strict=True)]


def _gold(right: int, asked: int) -> OnGold:
    return OnGold(intervals.share(right, asked), float(stats.binom.cdf(right, asked, GOLD_ACCURACY)))


def _only(table: VoteTable, kept: np.ndarray) -> tuple[VoteTable, np.ndarray]:
    """The table with some of its votes, on the items that are left, and the places of those among all."""
    places, item = np.unique(table.item[kept], return_inverse=True)
    names = tuple(table.items[place] for place in places)
    return VoteTable(
        names, table.raters, table.labels,
        item, table.rater[kept], table.label[kept], table.first[kept], table.weight[kept],
    ), places  # fmt: skip
