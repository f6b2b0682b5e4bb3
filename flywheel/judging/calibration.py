"""Makes a judge's probability mean what it says: one temperature, fitted on pairs with known answers."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from flywheel.judging.judge import sigmoid
from flywheel.records import BadInput, Estimate, NotEnoughData

FEWEST = 20
# A weak prior, log T ~ N(0, 1.5²): without it a judge that is never wrong would be made infinitely sure.
PRIOR_SD = 1.5
BOUNDS = (-5.0, 5.0)
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(a) = sigmoid(logit / temperature); the log-losses (nats a pair) are those on the pairs it was fitted on."""

    temperature: Estimate
    loss_before: float
    loss_after: float

    def probability(self, logit: float) -> float:
        """The calibrated P(a) of a judge's debiased logit."""
        return sigmoid(logit / self.temperature.value)


def fit_temperature(logits: np.ndarray, a_is_right: np.ndarray, clusters: np.ndarray | None = None) -> Calibration:
    """Temperature scaling (Guo et al. 2017) of (n,) debiased logits against (n,) known answers, as a MAP estimate of
    log T. The interval is a sandwich over clusters (default: each pair its own); raises NotEnoughData below 20."""
    x, y = np.asarray(logits, dtype=float), np.asarray(a_is_right, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise BadInput(f"A calibration needs one known answer a logit; given {x.shape} logits and {y.shape} answers.")
    if len(x) < FEWEST:
        raise NotEnoughData("Calibrating a judge", len(x), FEWEST)
    groups = np.arange(len(x)) if clusters is None else np.unique(clusters, return_inverse=True)[1]

    def penalised(log_t: float) -> float:
        return len(x) * _loss(x, y, log_t) + log_t**2 / (2 * PRIOR_SD**2)

    log_t = float(minimize_scalar(penalised, bounds=BOUNDS, method="bounded", options={"xatol": 1e-8}).x)
    error = _standard_error(x, y, log_t, groups)
    low, value, high = (float(np.exp(log_t + shift)) for shift in (-Z * error, 0.0, Z * error))
    return Calibration(Estimate(value, low, high, len(x)), _loss(x, y, 0.0), _loss(x, y, log_t))


def _loss(x: np.ndarray, y: np.ndarray, log_t: float) -> float:
    """Mean log-loss in nats at temperature exp(log_t)."""
    z = x * np.exp(-log_t)
    return float(np.mean(np.logaddexp(0.0, z) - y * z))


def _standard_error(x: np.ndarray, y: np.ndarray, log_t: float, groups: np.ndarray) -> float:
    """Sandwich standard error of log T, the scores summed by group; the prior adds to the curvature only."""
    z = x * np.exp(-log_t)
    p = expit(z)
    scores = np.bincount(groups, weights=(y - p) * z)
    curvature = float(np.sum(p * (1 - p) * z**2)) + 1 / PRIOR_SD**2
    # No surer than the curvature allows: with a handful of groups, or none wrong, the scores alone would say too much.
    return float(np.sqrt(max(float(scores @ scores), curvature)) / curvature)
