"""Bias of a judge on a scale of utility: people and judge see the same hidden quality, the judge something else besides.

q = β'x + s·u with u ~ N(0, 1); people say a with log-odds q + b·pos, the judge with c + κ·q + δ'x + b·pos, where pos is
+1 if a was shown first, −1 if b, 0 if unknown. δ is the bias in logits. Marginal likelihood by Gauss–Hermite quadrature.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from flywheel.records import NotEnoughData
from flywheel.stats.split_human import sandwich

NODES = 15
LARGEST_SHARPNESS = 8.0
FEWEST = 100  # items
STEP = 1e-5


@dataclass(frozen=True, slots=True)
class Said:
    """m votes of one kind of rater: item (m,) from 0, wins (m,) 1, 0 or ½, pos (m,) +1, −1 or 0."""

    item: np.ndarray
    wins: np.ndarray
    pos: np.ndarray


@dataclass(frozen=True, slots=True)
class Latent:
    """Biases δ (k,) of the judge in logits with their errors and p-values, as mean marginal effects in points, and κ."""

    delta: np.ndarray
    error: np.ndarray
    p: np.ndarray
    effect_pp: np.ndarray
    sharpness: float
    spread: float
    n: int


class Model:
    """The likelihood; parameters are [β₀, β (k), log s, b of people, c, κ, δ (k), b of the judge]."""

    def __init__(self, humans: Said, judge: Said, features: np.ndarray) -> None:
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        self.u, self.log_w = nodes, np.log(weights / weights.sum())
        self.humans, self.judge = humans, judge
        self.x = np.column_stack([np.ones(len(features)), features])
        self.k = features.shape[1]

    def split(self, theta: np.ndarray) -> tuple[np.ndarray, float, float, float, float, np.ndarray, float]:
        """β, log s, b of people, c, κ, δ, b of the judge."""
        k = self.k
        return (
            theta[: k + 1],
            theta[k + 1],
            theta[k + 2],
            theta[k + 3],
            theta[k + 4],
            theta[k + 5 : 2 * k + 5],
            theta[2 * k + 5],
        )

    def per_item(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) log-likelihoods and their (n, parameters) gradients."""
        beta, log_s, b_people, c, kappa, delta, b_judge = self.split(theta)
        spread = np.exp(log_s)
        q = (self.x @ beta)[:, None] + spread * self.u  # (n, Q)
        judged = c + kappa * q + (self.x[:, 1:] @ delta)[:, None]
        like_h, left_h, turn_h = self._votes(self.humans, q, b_people)
        like_j, left_j, turn_j = self._votes(self.judge, judged, b_judge)
        joint = like_h + like_j + self.log_w
        total = special.logsumexp(joint, axis=1)
        chance = np.exp(joint - total[:, None])
        pull = chance * (left_h + kappa * left_j)
        on_q, on_j = pull.sum(axis=1), (chance * left_j).sum(axis=1)
        gradient = np.column_stack(
            [
                self.x * on_q[:, None],
                spread * (pull * self.u).sum(axis=1),
                (chance * turn_h).sum(axis=1),
                on_j,
                (chance * left_j * q).sum(axis=1),
                self.x[:, 1:] * on_j[:, None],
                (chance * turn_j).sum(axis=1),
            ]
        )
        return total, gradient

    def _votes(self, said: Said, logit: np.ndarray, b: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums over each item's votes at each node (n, Q): log-likelihood, residual, and residual times position."""
        at = logit[said.item] + (b * said.pos)[:, None]
        residual = said.wins[:, None] - special.expit(at)
        likes = said.wins[:, None] * at - np.logaddexp(0, at)
        sums = [np.zeros_like(logit) for _ in range(3)]
        for out, values in zip(sums, (likes, residual, residual * said.pos[:, None]), strict=True):
            np.add.at(out, said.item, values)
        return sums[0], sums[1], sums[2]

    def start(self) -> np.ndarray:
        """Nothing known: one unit of spread, a judge like people."""
        theta = np.zeros(2 * self.k + 6)
        theta[self.k + 4] = 1.0
        return theta


def fit(humans: Said, judge: Said, features: np.ndarray, groups: np.ndarray) -> Latent:
    """The judge's bias in each of (n, k) features; errors are clustered on `groups` (n,), the prompts."""
    n, k = features.shape
    if n < FEWEST:
        raise NotEnoughData("items for the model of hidden quality", n, FEWEST)
    model = Model(humans, judge, features)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = model.per_item(theta)
        return -float(total.sum()) / n, -gradient.sum(axis=0) / n

    bounds: list[tuple[float | None, float | None]] = [(None, None)] * (2 * k + 6)
    bounds[k + 1], bounds[k + 4] = (-4.0, 3.0), (-LARGEST_SHARPNESS, LARGEST_SHARPNESS)
    done = optimize.minimize(loss, model.start(), jac=True, method="L-BFGS-B", bounds=bounds)
    theta = done.x
    _, scores = model.per_item(theta)
    codes = np.unique(groups, return_inverse=True)[1]
    covariance = sandwich(np.linalg.pinv(_hessian(model, theta)), scores, codes, len(theta))
    delta = theta[k + 5 : 2 * k + 5]
    error = np.sqrt(np.maximum(np.diag(covariance)[k + 5 : 2 * k + 5], 1e-300))
    p = 2 * stats.norm.sf(np.abs(delta) / error)
    return Latent(delta, error, p, _effects(model, theta), float(theta[k + 4]), float(np.exp(theta[k + 1])), n)


def _hessian(model: Model, theta: np.ndarray) -> np.ndarray:
    """Minus the derivative of the gradient, by central differences of it."""
    rows = []
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = STEP * max(1.0, abs(theta[place]))
        up, down = model.per_item(theta + step)[1].sum(axis=0), model.per_item(theta - step)[1].sum(axis=0)
        rows.append((down - up) / (2 * step[place]))
    found = np.array(rows)
    return (found + found.T) / 2


def _effects(model: Model, theta: np.ndarray) -> np.ndarray:
    """Mean marginal effects of δ in points: the slope of P(judge says a) at the items, times δ."""
    beta, log_s, _, c, kappa, delta, _ = model.split(theta)
    q = (model.x @ beta)[:, None] + np.exp(log_s) * model.u
    chance = special.expit(c + kappa * q + (model.x[:, 1:] @ delta)[:, None])
    slope = float(((chance * (1 - chance)) @ np.exp(model.log_w)).mean())
    return 100.0 * slope * delta
