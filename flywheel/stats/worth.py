"""What generators are worth to several raters at once, and what some raters add for a generator of their own family.

A pair has the hidden quality q = θ of a's generator − θ of b's + s·u, u ~ N(0, 1), the same for all who look at it. A rater
says a with log-odds κ·q + γ·x + b·pos; x is +1 where a alone is of the rater's family, −1 where b alone is; pos is +1 where a
was shown first. Marginal likelihood by Gauss–Hermite quadrature, as for one judge and people in `latent`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from flywheel.records import NotEnoughData
from flywheel.stats.split_human import sandwich

NODES = 11
# Weak priors, in standard deviations: they keep generators that never lose finite, and raters comparable.
WORTH_SD, SHARPNESS_SD, SPREAD_SD, FIRST_SD = 3.0, 0.5, 1.5, 10.0
SINGULAR = 1e-8
STEP = 1e-5


@dataclass(frozen=True, slots=True)
class Rated:
    """m answers: items, raters and generators of both sides (m,) as codes from 0, wins of a (m,), order (m,) ±1 or 0, own
    family (m,) ±1 or 0, and prompts (m,)."""

    item: np.ndarray
    rater: np.ndarray
    a: np.ndarray
    b: np.ndarray
    wins: np.ndarray
    order: np.ndarray
    own: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True, slots=True)
class Fit:
    """Favour γ in log-odds of the raters `fans` with their errors, and the slope of the win rate where it acts (each (f,))."""

    fans: np.ndarray
    favour: np.ndarray
    error: np.ndarray
    slope: np.ndarray


class _Model:
    """The likelihood; parameters are θ of the generators, log κ of the raters, log s, γ of the fans, b of the raters."""

    def __init__(self, rated: Rated) -> None:
        order = np.argsort(rated.item, kind="stable")  # so that sums over an item are over neighbours
        self.item, self.rater = np.unique(rated.item[order], return_inverse=True)[1], rated.rater[order]
        self.starts = np.unique(self.item, return_index=True)[1]
        self.wins, self.groups = rated.wins[order], rated.groups[order][self.starts]
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        self.u, self.log_w = nodes, np.log(weights / weights.sum())
        m, rows = len(order), np.arange(len(order))
        generators, raters = int(max(rated.a.max(), rated.b.max())) + 1, int(rated.rater.max()) + 1
        self.fans = np.unique(rated.rater[rated.own != 0])
        self.gap, self.by_rater = np.zeros((m, generators)), np.zeros((m, raters))
        np.add.at(self.gap, (rows, rated.a[order]), 1.0)
        np.add.at(self.gap, (rows, rated.b[order]), -1.0)
        self.by_rater[rows, self.rater] = 1.0
        self.own = self.by_rater[:, self.fans] * rated.own[order, None]
        self.order = self.by_rater * rated.order[order, None]
        sizes = (generators, raters, 1, len(self.fans), raters)
        self.ends = np.cumsum(sizes)[:-1]
        self.precision = np.repeat([WORTH_SD**-2, SHARPNESS_SD**-2, SPREAD_SD**-2, 0.0, FIRST_SD**-2], sizes)

    def log_odds(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(m, Q) hidden qualities and log-odds at the nodes, and (m,) sharpness."""
        worth, log_sharpness, log_spread, favour, first = np.split(theta, self.ends)
        sharpness = np.exp(log_sharpness)[self.rater]
        q = (self.gap @ worth)[:, None] + np.exp(log_spread) * self.u
        return q, sharpness[:, None] * q + (self.own @ favour + self.order @ first)[:, None], sharpness

    def per_item(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) log-likelihoods and their (n, parameters) gradients."""
        q, at, sharpness = self.log_odds(theta)
        chance, softplus = _logistic(at)
        joint = np.add.reduceat(self.wins[:, None] * at - softplus, self.starts, axis=0) + self.log_w
        total = special.logsumexp(joint, axis=1)
        pull = np.exp(joint - total[:, None])[self.item] * (self.wins[:, None] - chance)
        left = pull.sum(axis=1)
        rows = np.column_stack(
            [
                self.gap * (sharpness * left)[:, None],
                self.by_rater * (sharpness * (pull * q).sum(axis=1))[:, None],
                np.exp(theta[self.ends[1]]) * sharpness * (pull @ self.u),
                self.own * left[:, None],
                self.order * left[:, None],
            ]
        )
        return total, np.add.reduceat(rows, self.starts, axis=0)

    def loss(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the penalised log-likelihood, and its gradient."""
        total, gradient = self.per_item(theta)
        value = float(self.precision @ theta**2 / 2 - total.sum())
        return value, self.precision * theta - gradient.sum(axis=0)

    def curvature(self, theta: np.ndarray) -> np.ndarray:
        """The derivative of the loss's gradient, by differences."""
        _, here = self.loss(theta)
        rows = np.array([(self.loss(theta + step)[1] - here) / STEP for step in STEP * np.eye(len(theta))])
        return (rows + rows.T) / 2

    @property
    def is_confounded(self) -> bool:
        """Whether some favour could as well be worth: its column is a mix of the generators' and of the others'."""
        design = np.hstack([self.gap[:, 1:], self.own])
        values = np.linalg.eigvalsh(design.T @ design)
        return bool(values[0] <= SINGULAR * values[-1])


def _logistic(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """σ(x) and log(1 + exp x) from one exponential; apart they take twice the time."""
    small = np.exp(-np.abs(at))
    return np.where(at >= 0, 1.0, small) / (1 + small), np.maximum(at, 0) + np.log1p(small)


def fit(rated: Rated) -> Fit:
    """Favour of all raters with a family at once; errors are clustered on prompts."""
    model = _Model(rated)
    if model.is_confounded:
        raters = model.by_rater.shape[1]
        raise NotEnoughData("raters who tell favour of a family from its worth", raters, raters + 1)
    theta = optimize.minimize(model.loss, np.zeros(len(model.precision)), jac=True, method="L-BFGS-B").x
    _, scores = model.per_item(theta)
    codes = np.unique(model.groups, return_inverse=True)[1]
    if (clusters := int(codes.max()) + 1) <= len(theta):
        raise NotEnoughData("prompts for as many raters and generators", clusters, len(theta) + 1)
    covariance = sandwich(np.linalg.inv(model.curvature(theta)), scores, codes, len(theta))
    place = slice(model.ends[2], model.ends[3])
    chance = special.expit(model.log_odds(theta)[1])
    slope = (chance * (1 - chance)) @ np.exp(model.log_w)
    acts = np.abs(model.own)
    return Fit(model.fans, theta[place], np.sqrt(np.diag(covariance)[place]), slope @ acts / acts.sum(axis=0))
