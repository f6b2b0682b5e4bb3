"""What the raters together say: majority, Dawid–Skene and one-coin, with everyone's estimated reliability."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from flywheel.records import JSON, NotEnoughData, Vote
from flywheel.stats.position import wins_of_a
from flywheel.stats.votes import MISSING, PAIRWISE, VoteTable, independent, known_answers, tabulate

COMPETENT = 2.0  # prior counts on the diagonal: someone with few labels is taken as somewhat competent
ROUNDS = 200
STOP = 1e-7  # change of the log-likelihood per vote
FLOOR = 1e-6
FEW = 30  # answers a rater; with fewer on average, one accuracy a rater is all that they can tell
SIDES = ("a", "b")

Estimated = tuple[np.ndarray, np.ndarray]  # class shares (V,) and confusion (raters, V, V)


@dataclass(frozen=True, slots=True)
class Consensus:
    """Posterior of the true label (items, V), and P(rater says l | truth is k) as (raters, k, l)."""

    posterior: np.ndarray
    confusion: np.ndarray
    rounds: int


def consensus_rows(votes: Sequence[Vote], method: str) -> list[dict[str, JSON]]:
    """One row an item: its label, its posterior by label, and the number of votes; people's first-round votes count."""
    people, answers = independent(votes, "human"), known_answers(votes)
    if not people:
        raise NotEnoughData("votes of humans to aggregate", 0, 1)
    table = tabulate(people, known_labels=set(answers.values()))
    known = np.array([table.labels.index(answers[i]) if i in answers else MISSING for i in table.items])
    posterior = majority_shares(table) if method == "majority" else METHODS[method](table, known).posterior
    numbers = np.bincount(table.item, minlength=len(table.items))
    return [
        {
            "item": item,
            "label": table.labels[int(row.argmax())],
            "posterior": {label: round(float(p), 6) for label, p in zip(table.labels, row, strict=True)},
            "n": int(n),
        }
        for item, row, n in zip(table.items, posterior, numbers, strict=True)
    ]


def majority_shares(table: VoteTable) -> np.ndarray:
    """(items, V) weighted share of each label among the votes on an item."""
    categories = len(table.labels)
    size = len(table.items) * categories
    sums = np.bincount(table.item * categories + table.label, table.weight, size).reshape(-1, categories)
    totals = sums.sum(axis=1, keepdims=True)
    return np.divide(sums, totals, out=np.full_like(sums, 1 / categories), where=totals > 0)


def dawid_skene(
    table: VoteTable, known: np.ndarray | None = None, *, prior: float = COMPETENT, alike: Sequence[int] = ()
) -> Consensus:
    """Dawid & Skene (1979) by EM with smoothed confusions, started from the vote shares.

    `known` (items,) holds the true codes of gold items and MISSING elsewhere; gold stays as it is. With a `prior` of 0
    it is the maximum likelihood of the paper. The codes `alike` are equally likely beforehand.
    """
    return em(table, known, partial(_confusion, prior=prior), prior, alike)


def one_coin(table: VoteTable, known: np.ndarray | None = None, *, alike: Sequence[int] = ()) -> Consensus:
    """Dawid–Skene with one accuracy a rater and even errors: for fewer than about 30 labels a rater."""
    return em(table, known, _accuracy, COMPETENT, alike)


METHODS = {"dawid-skene": dawid_skene, "one-coin": one_coin}


@dataclass(frozen=True, slots=True)
class Weighed:
    """Votes as a table and what they come to together, by the method that so many answers a rater bear."""

    method: str
    table: VoteTable
    found: Consensus


def weighed(votes: Sequence[Vote], known: Mapping[str, str]) -> Weighed:
    """Dawid–Skene, or one-coin while raters have fewer than 30 votes on average; `known` (item → label) stays as it is."""
    # Nobody is certain of a side because nobody has named the other one yet.
    is_pairwise = {vote.label for vote in votes} <= set(PAIRWISE)
    table = tabulate(votes, known_labels={*(SIDES if is_pairwise else ()), *known.values()})
    truth = [table.labels.index(known[item]) if item in known else MISSING for item in table.items]
    # Which side is called a says nothing of it, however many of the others won.
    alike = [table.labels.index(side) for side in SIDES] if is_pairwise else []
    method = "one-coin" if len(votes) < FEW * len(table.raters) else "dawid-skene"
    return Weighed(method, table, METHODS[method](table, np.array(truth), alike=alike))


def preferred(votes: Sequence[Vote]) -> dict[str, float]:
    """item → wins of a among people's votes, a tie being half a win, everybody by how much their answers tell of a and b.

    The mean and not the posterior is what a judge's probabilities are held against: a posterior is drawn towards the
    other items' labels, which would make every judge look too sure. Where nobody tells anything, all count alike.
    """
    if not votes:
        return {}
    found = weighed(votes, {})
    table, confusion = found.table, found.found.confusion
    a, b = (table.labels.index(side) for side in SIDES)
    tells = np.maximum(confusion[:, a, a] + confusion[:, b, b] - 1, 0.0)[table.rater] * table.weight
    win = wins_of_a(np.array(table.labels))[table.label]
    size = len(table.items)
    total = np.bincount(table.item, tells, size)
    alike = np.bincount(table.item, win, size) / np.bincount(table.item, minlength=size)
    share = np.divide(np.bincount(table.item, tells * win, size), total, out=alike, where=total > 0)
    return dict(zip(table.items, map(float, share), strict=True))


def em(
    table: VoteTable,
    known: np.ndarray | None,
    estimate: Callable[[np.ndarray], np.ndarray],
    prior: float,
    alike: Sequence[int] = (),
) -> Consensus:
    """Labels and confusions in turns: `estimate` makes confusions of counts (raters, k, l), `prior` smooths class shares."""
    if not len(table.item):
        raise NotEnoughData("votes to aggregate", 0, 1)
    gold, alike = np.full(len(table.items), MISSING) if known is None else known, list(alike)
    posterior, said = clamped(majority_shares(table), gold), _said(table)
    last, rounds, moving = -np.inf, 0, True
    while moving and rounds < ROUNDS:
        rounds += 1
        shares = (posterior.sum(axis=0) + prior / 2) / (len(posterior) + posterior.shape[1] * prior / 2)
        if alike:
            shares[alike] = shares[alike].mean()
        confusion = estimate(_counts(said, posterior))
        posterior, likelihood = _expectation(said, shares, confusion)
        posterior = clamped(posterior, gold)
        moving = abs(likelihood - last) / len(table.item) >= STOP
        last = likelihood
    return Consensus(np.ascontiguousarray(posterior), confusion, rounds)


def clamped(posterior: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The posterior (items, V), set to certainty in place where the answer is known."""
    gold = known != MISSING
    posterior[gold] = np.eye(posterior.shape[1])[known[gold]]
    return posterior


def _said(table: VoteTable) -> sparse.csr_array:
    """(items, raters · V) weights of votes; a column for everything that somebody can say."""
    categories = len(table.labels)
    shape = (len(table.items), len(table.raters) * categories)
    return sparse.csr_array((table.weight, (table.item, table.rater * categories + table.label)), shape=shape)


def _counts(said: sparse.csr_array, posterior: np.ndarray) -> np.ndarray:
    """(raters, k, l) how often each rater is thought to have said l of an item that is k."""
    categories = posterior.shape[1]
    counts: np.ndarray = said.T @ posterior
    return counts.reshape(-1, categories, categories).transpose(0, 2, 1)


def _expectation(said: sparse.csr_array, shares: np.ndarray, confusion: np.ndarray) -> tuple[np.ndarray, float]:
    """Posterior (items, V) and the log-likelihood, in log space."""
    logs = np.log(np.maximum(confusion, FLOOR))
    by_item: np.ndarray = said @ logs.transpose(0, 2, 1).reshape(-1, len(shares))
    score = np.ascontiguousarray(by_item.T) + np.log(shares)[:, None]  # label by label: sums of long rows are quick
    top = score.max(axis=0)
    mass = np.exp(score - top)
    total = mass.sum(axis=0)
    return (mass / total).T, float(np.sum(np.log(total) + top))


def _confusion(counts: np.ndarray, *, prior: float) -> np.ndarray:
    """Mean confusion matrices under Dirichlet(prior·(½ + [k = l])) rows; a row that nothing tells of stays even.

    The mean, not the mode: with few votes a rater the mode makes labels surer than they are.
    """
    categories = counts.shape[1]
    smoothed = counts + prior * (0.5 + np.eye(categories))
    total = smoothed.sum(axis=2, keepdims=True)
    return np.divide(smoothed, total, out=np.full_like(smoothed, 1 / categories), where=total > 0)


def _accuracy(counts: np.ndarray) -> np.ndarray:
    """Confusion matrices of raters that are right with one probability and err evenly."""
    categories = counts.shape[1]
    right, said = np.trace(counts, axis1=1, axis2=2) + COMPETENT, counts.sum(axis=(1, 2)) + COMPETENT + 1
    accuracy = (right / said)[:, None, None]
    same = np.eye(categories)
    return accuracy * same + (1 - accuracy) / max(1, categories - 1) * (1 - same)
