"""What people together see in a pair, and what one person sees besides: q = β₀ + β'x + s·u with u ~ N(0, 1).

People say a with log-odds q + b·pos, one person with c + κ·q + δ'x + b·pos, where pos is +1 if a was shown first, −1 if
b, 0 if unknown. A tie is half a win. Marginal likelihoods by Gauss–Hermite quadrature.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse, special

from flywheel.stats.split_human import sandwich

NODES = 11
FLAT, STEEP = -4.0, 3.0  # bounds of log s
ALIKE = 1.0  # deviation of κ about 1
WIDE = 2.0  # prior deviation of a person's other log-odds: someone who always says the same stays finite
STEP = 1e-4

_U, _W = np.polynomial.hermite_e.hermegauss(NODES)
_LOG_W = np.log(_W / _W.sum())


@dataclass(frozen=True, slots=True)
class Answers:
    """m answers: item and rater codes (m,), wins of a (m,) 1, 0 or ½, pos (m,) +1, −1 or 0, and weight (m,)."""

    item: np.ndarray
    rater: np.ndarray
    wins: np.ndarray
    pos: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, slots=True)
class Person:
    """What moves one person beside κ·q, as shares of answers with standard errors (k + 1,): a unit of each feature, then
    first place against none. And κ.
    """

    effect: np.ndarray
    error: np.ndarray
    sharpness: float


class People:
    """The likelihood of everybody's answers; parameters are [β₀, β (k), log s, b]. Weights may leave a person out."""

    def __init__(self, answers: Answers, features: np.ndarray) -> None:
        n, m = len(features), len(answers.item)
        self.answers, self.k = answers, features.shape[1]
        self.x = np.column_stack([np.ones(n), features])
        self.by_item = sparse.csr_matrix((np.ones(m), (answers.item, np.arange(m))), shape=(n, m))

    def quality(self, theta: np.ndarray) -> np.ndarray:
        """(n, Q) q of each item at each node."""
        found: np.ndarray = (self.x @ theta[: self.k + 1])[:, None] + np.exp(theta[self.k + 1]) * _U
        return found

    def sums(self, theta: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n, Q) each: log-likelihood of an item's answers at each node, and its slopes in q and b."""
        said = self.answers
        at = self.quality(theta)[said.item] + (theta[-1] * said.pos)[:, None]
        rest = (said.wins[:, None] - special.expit(at)) * weight[:, None]
        likes = (said.wins[:, None] * at - np.logaddexp(0, at)) * weight[:, None]
        return self.by_item @ likes, self.by_item @ rest, self.by_item @ (rest * said.pos[:, None])

    def per_item(self, theta: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) log-likelihoods and their (n, parameters) slopes."""
        like, on_q, on_b = self.sums(theta, weight)
        total = special.logsumexp(like + _LOG_W, axis=1)
        chance = np.exp(like + _LOG_W - total[:, None])
        pull = chance * on_q
        spread = np.exp(theta[self.k + 1]) * (pull @ _U)
        return total, np.column_stack([self.x * pull.sum(axis=1)[:, None], spread, (chance * on_b).sum(axis=1)])

    def fit(self, weight: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """The most likely parameters."""

        def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
            total, slopes = self.per_item(theta, weight)
            return -float(total.sum()) / len(total), -slopes.sum(axis=0) / len(total)

        bounds: list[tuple[float | None, float | None]] = [(None, None)] * (self.k + 3)
        bounds[self.k + 1] = (FLAT, STEEP)
        begin = np.zeros(self.k + 3) if start is None else start
        found: np.ndarray = optimize.minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x
        return found

    def errors(self, theta: np.ndarray, weight: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """(k, k) covariance of β, from the slopes by prompt (Berndt, Hall, Hall & Hausman 1974)."""
        _, slopes = self.per_item(theta, weight)
        summed = np.zeros((int(groups.max()) + 1, slopes.shape[1]))
        np.add.at(summed, groups, slopes)
        found: np.ndarray = np.linalg.pinv(summed.T @ summed)[1 : self.k + 1, 1 : self.k + 1]
        return found

    def person(self, rater: int, theta: np.ndarray, covariance: np.ndarray, groups: np.ndarray) -> Person:
        """One person beside the others, whose parameters and errors `theta` and `covariance` are without that person."""
        said = self.answers
        mine = np.flatnonzero(said.rater == rater)
        item = said.item[mine]
        like, _, _ = self.sums(theta, said.weight * (said.rater != rater))
        seen = like[item] + _LOG_W
        seen = seen - special.logsumexp(seen, axis=1)[:, None]
        q = self.quality(theta)[item]
        plain = np.column_stack([np.ones(len(mine)), self.x[item, 1:], said.pos[mine]])
        wins, weight = said.wins[mine], said.weight[mine]

        def per_answer(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            at = own[0] * q + (plain @ own[1:])[:, None]
            joint = seen + weight[:, None] * (wins[:, None] * at - np.logaddexp(0, at))
            total = special.logsumexp(joint, axis=1)
            pull = np.exp(joint - total[:, None]) * weight[:, None] * (wins[:, None] - special.expit(at))
            return total, np.column_stack([(pull * q).sum(axis=1), plain * pull.sum(axis=1)[:, None]])

        own, bread = _posterior(per_answer, plain.shape[1] + 1)
        codes = np.unique(groups[item], return_inverse=True)[1]
        robust = sandwich(bread, per_answer(own)[1], codes, 0) if codes.max() > 0 else bread
        widest = robust if np.trace(robust[2:, 2:]) > np.trace(bread[2:, 2:]) else bread
        spread = widest[2:, 2:].copy()
        spread[: self.k, : self.k] += own[0] ** 2 * covariance  # δ is what is left of the slope after κ·β
        at, chance = own[0] * q + (plain @ own[1:])[:, None], np.exp(seen)
        moves = [_moved(at, chance, delta / 2) for delta in own[2:-1]]
        gap, slope = _moved(at - (own[-1] * plain[:, -1])[:, None], chance, own[-1])
        effect, slopes = np.array([*moves, (gap / 2, slope)]).T
        return Person(effect, slopes * np.sqrt(np.diag(spread)), float(own[0]))


def _moved(at: np.ndarray, chance: np.ndarray, half: float) -> tuple[float, float]:
    """How much more often a is said at log-odds `half` above than `half` below, and the mean slope at both."""
    up, down = special.expit(at + half), special.expit(at - half)
    slope = up * (1 - up) + down * (1 - down)
    return float((chance * (up - down)).sum(axis=1).mean()), float((chance * slope).sum(axis=1).mean() / 2)


def _posterior(
    per_answer: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """A person's [κ, c, δ, b] of the highest posterior, and its covariance."""
    centre, precision = np.eye(size)[0], np.full(size, WIDE**-2.0)
    precision[0] = ALIKE**-2.0

    def loss(own: np.ndarray) -> tuple[float, np.ndarray]:
        total, slopes = per_answer(own)
        off = own - centre
        return float(np.sum(precision * off**2) / 2 - total.sum()), precision * off - slopes.sum(axis=0)

    own = optimize.minimize(loss, centre, jac=True, method="L-BFGS-B").x
    steps = STEP * np.eye(size)
    curve = np.array([(loss(own + step)[1] - loss(own - step)[1]) / (2 * STEP) for step in steps])
    return own, np.linalg.pinv((curve + curve.T) / 2)
