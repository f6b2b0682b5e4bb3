"""Who is better, from comparisons two by two: Bradley–Terry with ties, first place and the competence of each rater.

With d = s_left − s_right + b·pos, one chooses left, right or neither with odds e^{d/2} : e^{−d/2} : ν (Bradley & Terry
1952; Davidson 1970), and rater r reports the choice with probability η_r and its opposite otherwise (Crowd-BT, Chen et
al. 2013). Maximum a posteriori under s ~ N(0, 1/λ) and η ~ Beta(4, 2), which keeps unbeaten things and unconnected
groups finite.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse, special, stats
from scipy.sparse import csgraph

from flywheel.records import BadInput, Estimate, NotEnoughData

LAMBDA = 0.1
COMPETENT = (4.0, 2.0)  # Beta prior of a rater's competence
LEFT, RIGHT, NEITHER = 0, 1, 2
MOST = 2000  # things ranked at once: the errors take a square matrix of them
NEVER = -1e3  # log-odds of a tie where nobody ever tied
SURE = 3.0  # log-odds of competence at the start of the search
LEVEL = 0.95
WIDTH = float(stats.norm.ppf(0.5 + LEVEL / 2))  # of half an interval, in standard errors


@dataclass(frozen=True, slots=True)
class Comparisons:
    """n answers on two of m things each: codes of left, right and rater (n,), all from 0, the choice (n,) LEFT, RIGHT
    or NEITHER, pos (n,) +1 where left was shown first, −1 right, 0 unknown, and the answer's weight (n,).
    """

    left: np.ndarray
    right: np.ndarray
    choice: np.ndarray
    rater: np.ndarray
    pos: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, slots=True)
class Ranking:
    """Strengths (m) in logits with mean 0 in each connected group, places within the group with simultaneous bounds,
    the group (m,) of each thing, and what was estimated beside: competence of raters, log-odds of first place, ν.
    """

    strength: tuple[Estimate, ...]
    place: tuple[Estimate, ...]
    group: np.ndarray
    competence: tuple[Estimate, ...] | None
    position: Estimate | None
    tie: Estimate | None


def ranking(answers: Comparisons, clusters: np.ndarray, *, has_competence: bool = True) -> Ranking:
    """The ranking of all things that occur; `clusters` (n,) are the prompts that answers share.

    An error is the largest of the posterior's own and the sandwich's by prompt and by rater (Liang & Zeger 1986).
    Raises NotEnoughData without two things, BadInput for more than 2,000.
    """
    n, things = len(answers.left), _things(answers)
    kinds, kind = _merged(answers, has_competence=has_competence)
    model = Model(kinds, things, has_competence=has_competence)
    theta = model.maximum()
    tallies = [_tallied(by, kind, answers.weight) for by in (clusters, answers.rater) if np.any(by != by[0])]
    covariances = _covariances(model, theta, tallies)
    group = groups(kinds, things)
    asked = np.bincount(answers.left, minlength=things) + np.bincount(answers.right, minlength=things)
    error = np.sqrt(np.max([np.diag(found) for found in covariances], axis=0))
    at = [_estimate(theta[k], error[k], int(asked[k]) if k < things else n) for k in range(len(theta))]
    said = np.bincount(answers.rater)
    raters = [_competence(theta[k], error[k], int(said[r])) for r, k in enumerate(model.raters)]
    return Ranking(
        strength=tuple(at[:things]),
        place=_places(theta[:things], [found[:things, :things] for found in covariances], group, asked),
        group=group,
        competence=tuple(raters) if has_competence else None,
        position=at[things] if np.any(answers.pos != 0) else None,
        tie=_exp(at[things + 1]) if model.has_ties else None,
    )


def groups(answers: Comparisons, things: int) -> np.ndarray:
    """(m,) the connected group of each thing: only things of one group can be compared."""
    graph = sparse.coo_matrix((np.ones(len(answers.left)), (answers.left, answers.right)), shape=(things, things))
    found: np.ndarray = csgraph.connected_components(graph, directed=False)[1]
    return found


class Model:
    """The posterior; parameters are [s (m), b, log ν if anyone tied, log-odds of η by rater if asked for]."""

    def __init__(self, answers: Comparisons, things: int, *, has_competence: bool) -> None:
        n, people = len(answers.left), int(answers.rater.max()) + 1 if has_competence else 0
        self.answers, self.things, self.rows = answers, things, np.arange(n)
        self.has_ties = bool((answers.choice == NEITHER).any())
        start = things + 1 + self.has_ties
        self.raters = range(start, start + people)
        self.size = start + people
        # From an answer's (d, log ν, log-odds of η) to the parameters.
        ones, none = np.ones(n), sparse.csr_matrix((n, self.size))
        columns = np.concatenate([answers.left, answers.right, np.full(n, things)])
        gap = self._map(np.concatenate([ones, -ones, answers.pos]), np.tile(self.rows, 3), columns)
        tie = self._map(ones, self.rows, np.full(n, things + 1)) if self.has_ties else none
        skill = self._map(ones, self.rows, start + answers.rater) if has_competence else none
        self.maps = (gap, tie, skill)

    def _map(self, values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> sparse.csr_matrix:
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(self.rows), self.size))

    def maximum(self) -> np.ndarray:
        """The parameters of the highest posterior, by L-BFGS."""
        start = np.zeros(self.size)
        start[list(self.raters)] = SURE
        options = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-13, "gtol": 1e-7}
        found: np.ndarray = optimize.minimize(self.loss, start, jac=True, method="L-BFGS-B", options=options).x
        return found

    def loss(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the log posterior and its gradient."""
        chance, slope = self.chances(theta)
        choice, weight = self.answers.choice, self.answers.weight
        seen = chance[choice, self.rows]
        pull = weight * slope[choice, :, self.rows].T / seen
        gradient = sum(part.T @ row for part, row in zip(self.maps, pull, strict=True))
        eta, plain = special.expit(theta[list(self.raters)]), theta[: self.raters.start]
        right, wrong = COMPETENT[0] - 1, COMPETENT[1] - 1
        prior = -LAMBDA / 2 * np.sum(plain**2) + np.sum(right * np.log(eta) + wrong * np.log1p(-eta))
        slopes = np.concatenate([-LAMBDA * plain, right * (1 - eta) - wrong * eta])
        return -float(np.sum(weight * np.log(seen)) + prior), -(gradient + slopes)

    def chances(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(3, n) probabilities of each choice, and their (3, 3, n) slopes in d, log ν and the log-odds of η."""
        half = self.maps[0] @ theta / 2
        tie = theta[self.things + 1] if self.has_ties else NEVER
        total = np.logaddexp(np.abs(half) + np.log1p(np.exp(-2 * np.abs(half))), tie)
        a, b, t = np.exp(half - total), np.exp(-half - total), np.exp(tie - total)
        eta = special.expit(self.maps[2] @ theta) if len(self.raters) else np.ones(len(half))
        # A floor, so that a search that strays to certainty does not divide by nothing.
        left, right = np.maximum(eta * a + (1 - eta) * b, 1e-300), np.maximum(eta * b + (1 - eta) * a, 1e-300)
        mean, turn, none = (a - b) / 2, eta * (1 - eta) * (a - b), np.zeros(len(half))
        slope = np.array(
            [
                [(eta * a - (1 - eta) * b) / 2 - mean * left, -left * t, turn],
                [((1 - eta) * a - eta * b) / 2 - mean * right, -right * t, -turn],
                [-mean * t, t * (1 - t), none],
            ]
        )
        return np.array([left, right, t]), slope

    def information(self, theta: np.ndarray) -> np.ndarray:
        """Expected information of the posterior, (parameters, parameters)."""
        chance, slope = self.chances(theta)
        used = [LEFT, RIGHT, NEITHER] if self.has_ties else [LEFT, RIGHT]
        total = sparse.csr_matrix((self.size, self.size))
        for p, first in enumerate(self.maps):
            for q, second in enumerate(self.maps):
                held = sum(slope[k, p] * slope[k, q] / chance[k] for k in used) * self.answers.weight
                total = total + first.T @ second.multiply(held[:, None])
        eta = special.expit(theta[list(self.raters)])
        curve = (sum(COMPETENT) - 2) * eta * (1 - eta)
        found: np.ndarray = total.toarray() + np.diag(np.concatenate([np.full(self.raters.start, LAMBDA), curve]))
        return found

    def scores(self, theta: np.ndarray) -> sparse.csr_matrix:
        """(n, parameters) slope of the log-likelihood of an answer of each kind, at weight 1."""
        chance, slope = self.chances(theta)
        choice = self.answers.choice
        pull = slope[choice, :, self.rows].T / chance[choice, self.rows]
        return sum((part.multiply(row[:, None]).tocsr() for part, row in zip(self.maps, pull, strict=True)))


def _things(answers: Comparisons) -> int:
    if not len(answers.left):
        raise NotEnoughData("answers on two things", 0, 1)
    things = int(max(answers.left.max(), answers.right.max())) + 1
    if things > MOST:
        raise BadInput(f"There are {things} things to rank, more than {MOST}; rank policies or fewer items at once.")
    return things


def _merged(answers: Comparisons, *, has_competence: bool) -> tuple[Comparisons, np.ndarray]:
    """Equal answers as one with their summed weight, and the kind (n,) of each answer: the search sees each kind once."""
    rater = answers.rater if has_competence else np.zeros_like(answers.rater)
    sizes = (int(answers.left.max()) + 1, int(answers.right.max()) + 1, 3, 3, int(rater.max()) + 1)
    columns = (answers.left, answers.right, answers.choice, answers.pos.astype(int) + 1, rater)
    kinds, where = _distinct(np.ravel_multi_index(columns, sizes))
    left, right, choice, pos, who = np.unravel_index(kinds, sizes)
    return Comparisons(left, right, choice, who, pos - 1.0, np.bincount(where, answers.weight)), where


def _distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values that occur, in order, and the place (n,) of each among them; small codes are counted, not sorted."""
    if not np.issubdtype(values.dtype, np.integer) or values.min() < 0 or values.max() > 4 * len(values):
        return np.unique(values, return_inverse=True)
    occurs = np.bincount(values) > 0
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[values]


def _tallied(clusters: np.ndarray, kind: np.ndarray, weight: np.ndarray) -> sparse.csr_matrix:
    """(clusters, kinds) weight of the answers of each kind."""
    codes = _distinct(clusters)[1]
    return sparse.csr_matrix((weight, (codes, kind)), shape=(int(codes.max()) + 1, int(kind.max()) + 1))


def _covariances(model: Model, theta: np.ndarray, tallies: Sequence[sparse.csr_matrix]) -> list[np.ndarray]:
    bread = np.linalg.inv(model.information(theta))
    scores, found = model.scores(theta), [bread]
    for tally in tallies:
        count, summed = tally.shape[0], tally @ scores
        found.append(count / (count - 1) * bread @ (summed.T @ summed).toarray() @ bread)
    return found


def _places(
    strength: np.ndarray, covariances: list[np.ndarray], group: np.ndarray, asked: np.ndarray
) -> tuple[Estimate, ...]:
    """Places within a group; the bounds count who is surely above and below, with Bonferroni's correction."""
    together = group[:, None] == group
    variances = [np.add.outer(np.diag(v), np.diag(v)) - 2 * v for v in covariances]
    error = np.sqrt(np.maximum(np.max(variances, axis=0), 1e-12))
    gap = strength[:, None] - strength
    pairs = max(1, (int(together.sum()) - len(strength)) // 2)
    bar = stats.norm.ppf(1 - (1 - LEVEL) / (2 * pairs))
    above = (together & (gap < 0)).sum(axis=1)
    surely_above, surely_below = (
        (together & (gap / error < -bar)).sum(axis=1),
        (together & (gap / error > bar)).sum(axis=1),
    )
    size = together.sum(axis=1)
    return tuple(
        Estimate(1.0 + float(above[k]), 1.0 + float(surely_above[k]), float(size[k] - surely_below[k]), int(asked[k]))
        for k in range(len(strength))
    )


def _estimate(value: float, error: float, n: int) -> Estimate:
    half = WIDTH * error
    return Estimate(float(value), float(value - half), float(value + half), n)


def _competence(value: float, error: float, n: int) -> Estimate:
    at = _estimate(value, error, n)
    return Estimate(float(special.expit(at.value)), float(special.expit(at.low)), float(special.expit(at.high)), n)


def _exp(at: Estimate) -> Estimate:
    return Estimate(float(np.exp(at.value)), float(np.exp(at.low)), float(np.exp(at.high)), at.n)
