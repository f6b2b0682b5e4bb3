"""How far raters agree beyond chance: Krippendorff's alpha, kappas, Gwet's AC1, and plainly.

Each coefficient is 1 − observed / expected disagreement with disagreements in [0, 1], and None where nothing else
than agreement could be expected (one label only; of kappa, by one of the two). Intervals resample items.
"""

from typing import Literal

import numpy as np

from flywheel.records import BadInput, Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.coefficients import NEEDED_ITEMS, NO_CHANCE, Sample, coefficient, perfect, sample
from flywheel.stats.votes import MISSING

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["linear", "quadratic"]
Observed = tuple[np.ndarray, np.ndarray]  # observed and expected disagreement, (b,) each

DRAWS = 1000
MOST_PAIRS = 20_000_000  # pairs of votes on one item that the mean pairwise kappa looks at
CRITERIA = {"linear": 1, "quadratic": 2}


def krippendorff_alpha(
    counts: np.ndarray,
    *,
    rng: np.random.Generator,
    metric: Metric = "nominal",
    values: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> Estimate | None:
    """Krippendorff's alpha (2011) from (items, V) numbers of ratings; items with fewer than two ratings do not count.

    `values` (V,) are the categories as numbers, ascending, for the interval and ratio metrics (default 0, 1, 2 …).
    """
    items = _pairable(counts, groups)
    scale = np.arange(counts.shape[1], dtype=float) if values is None else np.asarray(values, dtype=float)

    def disagreements(weights: np.ndarray) -> Observed:
        return _alpha_disagreements(weights, items.kinds, metric, scale)

    return coefficient(items, disagreements, rng, draws)


def _alpha_disagreements(weights: np.ndarray, kinds: np.ndarray, metric: Metric, scale: np.ndarray) -> Observed:
    """D_o and D_e of (b, P) weighted kinds of items with (P, V) rating counts."""
    totals = weights @ kinds
    n = totals.sum(axis=1)
    if metric == "ordinal":
        # The distances depend on how often each category occurs in this very draw.
        ranks = np.cumsum(totals, axis=1) - totals / 2
        rows = [
            (row @ _within(kinds, distance), total @ distance @ total)
            for row, total, distance in zip(weights, totals, map(_squared, ranks), strict=True)
        ]
        observed, expected = np.array(rows, dtype=float).reshape(-1, 2).T
    else:
        distance = _distance(metric, scale)
        observed, expected = weights @ _within(kinds, distance), ((totals @ distance) * totals).sum(axis=1)
    return observed / n, expected / (n * (n - 1))


def _within(kinds: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """(P,) disagreement inside an item of each kind, summed over its pairs of ratings."""
    return ((kinds @ distance) * kinds).sum(axis=1) / (kinds.sum(axis=1) - 1)


def _squared(scores: np.ndarray) -> np.ndarray:
    distance = (scores[:, None] - scores) ** 2
    return distance / max(distance.max(), 1e-300)


def _distance(metric: Metric, scale: np.ndarray) -> np.ndarray:
    """(V, V) distances of the categories, at most 1."""
    if metric == "nominal":
        return 1.0 - np.eye(len(scale))
    if metric == "interval":
        return _squared(scale)
    if scale.min() < 0:
        raise BadInput("The ratio metric needs ratings of 0 or more; use the interval metric.")
    sums = scale[:, None] + scale
    return ((scale[:, None] - scale) / np.where(sums > 0, sums, 1.0)) ** 2


def cohen_kappa(
    first: np.ndarray,
    second: np.ndarray,
    categories: int,
    *,
    rng: np.random.Generator,
    weights: Weights | None = None,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> Estimate | None:
    """Cohen's kappa (1960, weighted 1968) of two raters' (n,) codes; items that one of them left out do not count."""
    shared = (first != MISSING) & (second != MISSING)
    items = sample(np.stack([first, second], axis=1)[shared], None if groups is None else groups[shared])
    if (np.ptp(items.kinds, axis=0) == 0).any():
        return None  # it is 0 whatever the other one said
    cells = np.eye(categories**2)[items.kinds[:, 0] * categories + items.kinds[:, 1]]
    distance = _criterion(categories, weights)

    def disagreements(drawn: np.ndarray) -> Observed:
        return _kappa_disagreements((drawn @ cells).reshape(-1, categories, categories), distance)

    return coefficient(items, disagreements, rng, draws)


def _criterion(categories: int, weights: Weights | None) -> np.ndarray:
    places = np.arange(categories)
    if weights is None:
        return 1.0 - np.eye(categories)
    return (np.abs(places[:, None] - places) / max(1, categories - 1)) ** CRITERIA[weights]


def _kappa_disagreements(tables: np.ndarray, distance: np.ndarray) -> Observed:
    """Observed and expected disagreement of (b, V, V) tables of two raters."""
    n = np.maximum(tables.sum(axis=(1, 2)), 1.0)  # weights are counts; an empty table disagrees in nothing
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    return (tables * distance).sum(axis=(1, 2)) / n, ((rows @ distance) * columns).sum(axis=1) / n**2


def mean_pairwise_kappa(
    item: np.ndarray,
    rater: np.ndarray,
    label: np.ndarray,
    *,
    rng: np.random.Generator,
    groups: np.ndarray | None = None,
    least_shared: int = 10,
) -> Estimate | None:
    """Mean of Cohen's kappas over the pairs of raters (Light 1971), weighted by the items they share.

    From (m,) codes of votes, one a rater and item; `groups` (items,) are the items' clusters. Pairs of raters with fewer
    than `least_shared` items in common are left out. The interval needs no resampling: it sums what each cluster adds to
    the mean (Liang & Zeger 1986), on the scale of Fisher's z.
    """
    one, two = _vote_pairs(item, rater, least_shared, rng)
    if not len(one):
        raise NotEnoughData("items that one pair of raters shares", 0, least_shared)
    pair = np.unique(rater[one] * (rater.max() + 1) + rater[two], return_inverse=True)[1]
    kappa, mass, added, expected = _pair_kappas(pair, label[one], label[two], int(label.max()) + 1)
    if not mass.any():
        return None
    value = float((mass * kappa).sum() / mass.sum())
    influence = (added + np.where(mass > 0, kappa - value, 0.0)[pair]) / mass.sum()
    clusters = np.unique(item[one] if groups is None else groups[item[one]], return_inverse=True)[1]
    items, count = len(np.unique(item[one])), int(clusters.max()) + 1
    if value >= 1:
        return perfect(items, count, float((mass * expected).sum() / mass.sum()))
    if count < 2:
        raise NotEnoughData("clusters of items that raters share", count, 2)
    error = float(np.sqrt(count / (count - 1) * np.sum(np.bincount(clusters, influence) ** 2)))
    inside = max(value, -1 + 1e-6)
    low, high = intervals.student(float(np.arctanh(inside)), error / (1 - inside**2), count)
    return Estimate(value, float(np.tanh(low)), float(np.tanh(high)), items)


def _vote_pairs(
    item: np.ndarray, rater: np.ndarray, least: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Places of every two votes on one item, the rater with the lower code first, of raters who share enough items."""
    order = np.lexsort((rater, item))
    size = np.bincount(item)
    if (size.astype(float) @ (size - 1)) / 2 > MOST_PAIRS:  # a part of the items tells as much as anybody needs
        shuffled = rng.permutation(len(size))
        within = np.cumsum(size[shuffled].astype(float) * (size[shuffled] - 1) / 2) <= MOST_PAIRS
        order = order[np.isin(item[order], shuffled[within])]
    ends = np.searchsorted(item[order], item[order], side="right")
    later = ends - np.arange(len(order)) - 1
    one = np.repeat(np.arange(len(order)), later)
    two = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(later) - later, later)
    one, two = order[one], order[two]
    _, pair, shared = np.unique(
        rater[one] * (rater.max(initial=0) + 1) + rater[two], return_inverse=True, return_counts=True
    )
    kept = shared[pair] >= least
    return one[kept], two[kept]


def _pair_kappas(
    pair: np.ndarray, first: np.ndarray, second: np.ndarray, categories: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each pair of raters kappa, mass and expected disagreement (pairs,); between, what each vote pair (n,) adds to kappa.

    The mass is the number of shared items, 0 where both used one label only and kappa is undefined.
    """
    shared = np.bincount(pair).astype(float)
    size = len(shared) * categories
    rows, columns = (
        (np.bincount(pair * categories + side, minlength=size)).reshape(-1, categories) / shared[:, None]
        for side in (first, second)
    )
    differs = (first != second).astype(float)
    observed, expected = np.bincount(pair, differs) / shared, 1 - (rows * columns).sum(axis=1)
    usable = expected > NO_CHANCE
    ratio = np.divide(observed, expected, out=np.ones_like(observed), where=usable)
    # The derivative of 1 − observed / expected in the weight of one vote pair, times the shared items.
    chance = 2 * (1 - expected[pair]) - rows[pair, second] - columns[pair, first]
    added = (observed[pair] - differs + ratio[pair] * chance) / np.where(usable, expected, 1.0)[pair]
    return 1 - ratio, shared * usable, np.where(usable[pair], added, 0.0), expected


def fleiss_kappa(
    counts: np.ndarray, *, rng: np.random.Generator, groups: np.ndarray | None = None, draws: int = DRAWS
) -> Estimate | None:
    """Fleiss' kappa (1971) from (items, V) numbers of ratings, the same number on every item."""
    if len(np.unique(counts.sum(axis=1))) > 1:
        raise BadInput("Fleiss' kappa needs the same number of ratings on every item; use Krippendorff's alpha.")
    items = _pairable(counts, groups)

    def disagreements(weights: np.ndarray) -> Observed:
        observed, shares = _item_disagreement(weights, items.kinds)
        return observed, 1 - (shares**2).sum(axis=1)

    return coefficient(items, disagreements, rng, draws)


def gwet_ac1(
    counts: np.ndarray, *, rng: np.random.Generator, groups: np.ndarray | None = None, draws: int = DRAWS
) -> Estimate | None:
    """Gwet's AC1 (2008) from (items, V) numbers of ratings: steady where one category is rare."""
    items = _pairable(counts, groups)
    categories = int((counts.sum(axis=0) > 0).sum())

    def disagreements(weights: np.ndarray) -> Observed:
        observed, shares = _item_disagreement(weights, items.kinds)
        chance = (shares * (1 - shares)).sum(axis=1) / max(1, categories - 1)
        return observed, (1 - chance) * (categories > 1)

    return coefficient(items, disagreements, rng, draws)


def _item_disagreement(weights: np.ndarray, kinds: np.ndarray) -> Observed:
    """(b,) share of disagreeing pairs of ratings in an item, and (b, V) mean shares of the categories."""
    ratings = kinds.sum(axis=1, keepdims=True)
    agreeing = (kinds * (kinds - 1)).sum(axis=1) / (ratings * (ratings - 1)).ravel()
    items = weights.sum(axis=1)
    return (weights @ (1 - agreeing)) / items, (weights @ (kinds / ratings)) / items[:, None]


def raw_agreement(counts: np.ndarray, groups: np.ndarray | None = None) -> Estimate:
    """Share of agreeing pairs of ratings in an item, from (items, V) numbers of ratings; Wilson's interval over items."""
    pairable = counts[(counts.sum(axis=1) >= 2)]
    if len(pairable) < NEEDED_ITEMS:
        raise NotEnoughData("items with two ratings", len(pairable), NEEDED_ITEMS)
    ratings = pairable.sum(axis=1)
    agreeing = (pairable * (pairable - 1)).sum(axis=1) / (ratings * (ratings - 1))
    kept = np.arange(len(pairable)) if groups is None else groups[counts.sum(axis=1) >= 2]
    return intervals.clustered_share(agreeing, kept)


def _pairable(counts: np.ndarray, groups: np.ndarray | None) -> Sample:
    """The items with at least two ratings: only they can agree."""
    rated = counts.sum(axis=1) >= 2
    return sample(counts[rated], None if groups is None else groups[rated])
