"""Reward head: Bradley–Terry on pair features with a Gaussian posterior, so that it knows what it does not know."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.special import expit, log_expit

from flywheel.records import BadInput, NotEnoughData

RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FOLDS = 5
NEWTON_STEPS = 50
JITTER = 1e-8
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class RewardHead:
    """P(a is better) = sigmoid(w·z), w ~ N(weights, (factor factorᵀ)⁻¹): the Laplace posterior of n labels.

    `factor` is the lower Cholesky factor of the negative log-posterior's Hessian (d, d).
    """

    weights: np.ndarray
    factor: np.ndarray
    ridge: float
    n: int

    def mean(self, z: np.ndarray) -> np.ndarray:
        """(n,) posterior mean of the log-odds that a is better."""
        return z @ self.weights

    def spread(self, z: np.ndarray) -> np.ndarray:
        """(n,) posterior standard deviation of the log-odds."""
        return np.sqrt((solve_triangular(self.factor, z.T, lower=True) ** 2).sum(axis=0))

    def probability(self, z: np.ndarray) -> np.ndarray:
        """(n,) predictive P(a is better) by the probit approximation (MacKay 1992)."""
        return expit(self.mean(z) / np.sqrt(1 + np.pi * self.spread(z) ** 2 / 8))

    def bald(self, z: np.ndarray) -> np.ndarray:
        """(n,) bits that an answer would tell about the head: h(E p) − E h(p) (Houlsby et al. 2011), never negative."""
        chances = expit(self.mean(z)[:, None] + self.spread(z)[:, None] * NODES)
        gain = binary_entropy(chances @ NODE_WEIGHTS) - binary_entropy(chances) @ NODE_WEIGHTS
        return np.maximum(gain, 0.0)

    def covariance_factor(self) -> np.ndarray:
        """(d, d) C with C Cᵀ = posterior covariance."""
        return solve_triangular(self.factor, np.eye(len(self.weights)), lower=True).T

    def to_bytes(self) -> bytes:
        """The head as an .npz file."""
        stored = io.BytesIO()
        np.savez(stored, weights=self.weights, factor=self.factor, ridge=self.ridge, n=self.n)
        return stored.getvalue()


def from_bytes(stored: bytes) -> RewardHead:
    """The head of an .npz file."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        return RewardHead(arrays["weights"], arrays["factor"], float(arrays["ridge"]), int(arrays["n"]))


def binary_entropy(p: np.ndarray) -> np.ndarray:
    """Entropy in bits of a yes-or-no with probability p."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return -(q * np.log2(q) + (1 - q) * np.log2(1 - q))


def fit(z: np.ndarray, wins: np.ndarray, *, ridge: float, weights: np.ndarray | None = None) -> RewardHead:
    """Maximum a posteriori head of (n, d) features and (n,) wins of a (1, 0, or ½ for a tie), by damped Newton steps.

    A tie counts as half a win and half a loss. No intercept: the head is antisymmetric in a and b.
    """
    mass = np.ones(len(z)) if weights is None else weights
    _check(z, wins, mass)
    w = np.zeros(z.shape[1])
    loss = _loss(w, z, wins, mass, ridge)
    for _ in range(NEWTON_STEPS):
        p = expit(z @ w)
        gradient = z.T @ (mass * (p - wins)) + ridge * w
        step = cho_solve((_hessian_factor(z, p, mass, ridge), True), gradient)
        size = 1.0
        while size > 1e-6 and _loss(w - size * step, z, wins, mass, ridge) > loss:
            size /= 2
        w = w - size * step
        before, loss = loss, _loss(w, z, wins, mass, ridge)
        if before - loss < 1e-9 * (1 + abs(loss)):
            break
    return RewardHead(w, _hessian_factor(z, expit(z @ w), mass, ridge), ridge, len(z))


def _check(z: np.ndarray, wins: np.ndarray, mass: np.ndarray) -> None:
    if not len(z):
        raise NotEnoughData("labels for a reward head", 0, 1)
    if not (np.isfinite(z).all() and np.isfinite(mass).all()):
        raise BadInput("Features and weights of labels must be finite numbers; drop the rows that lack one.")
    if wins.min() < 0 or wins.max() > 1 or mass.min() < 0:
        raise BadInput("Wins must lie between 0 and 1 and weights must not be negative.")


def _loss(w: np.ndarray, z: np.ndarray, wins: np.ndarray, mass: np.ndarray, ridge: float) -> float:
    score = z @ w
    return float(-(mass * (wins * log_expit(score) + (1 - wins) * log_expit(-score))).sum() + ridge * (w @ w) / 2)


def _hessian_factor(z: np.ndarray, p: np.ndarray, mass: np.ndarray, ridge: float) -> np.ndarray:
    curved = (z * (mass * p * (1 - p))[:, None]).T @ z
    curved[np.diag_indices_from(curved)] += ridge + JITTER
    return cholesky(curved, lower=True)


def fit_by_cross_validation(
    z: np.ndarray,
    wins: np.ndarray,
    groups: np.ndarray,
    *,
    rng: np.random.Generator,
    weights: np.ndarray | None = None,
    ridges: Sequence[float] = RIDGES,
) -> RewardHead:
    """The head with the ridge of least held-out log-loss; folds keep the pairs of one prompt (`groups`) together.

    With fewer than two prompts nothing can be held out: the strongest ridge is taken.
    """
    mass = np.ones(len(z)) if weights is None else weights
    names, codes = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return fit(z, wins, ridge=max(ridges), weights=mass)
    fold = (rng.permutation(len(names)) % min(FOLDS, len(names)))[codes]
    losses = [sum(_held_out(z, wins, mass, fold == part, ridge) for part in np.unique(fold)) for ridge in ridges]
    return fit(z, wins, ridge=ridges[int(np.argmin(losses))], weights=mass)


def _held_out(z: np.ndarray, wins: np.ndarray, mass: np.ndarray, out: np.ndarray, ridge: float) -> float:
    head = fit(z[~out], wins[~out], ridge=ridge, weights=mass[~out])
    p = np.clip(head.probability(z[out]), 1e-12, 1 - 1e-12)
    return float(-(mass[out] * (wins[out] * np.log(p) + (1 - wins[out]) * np.log(1 - p))).sum())
