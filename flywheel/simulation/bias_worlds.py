"""The planted worlds of bias as arrays, for replication: people and a judge on pairs whose length goes with quality."""

from dataclasses import dataclass

import numpy as np

from flywheel.simulation.planted import LENGTH_CORRELATION, PAIRS_PER_PROMPT, SPREAD


@dataclass(frozen=True, slots=True)
class BiasWorld:
    """n pairs: feature (n,), votes of people (n, raters) and verdicts (n,), all 1 where a wins; order (n,) ±1 of the
    verdict; prompt (n,); and the judge's true effect of the feature in points per standard deviation.
    """

    feature: np.ndarray
    people: np.ndarray
    verdict: np.ndarray
    order: np.ndarray
    prompt: np.ndarray
    effect_pp: float


def bias_world(
    rng: np.random.Generator,
    *,
    size: int,
    sharpness: float = 1.0,
    length: float = 0.0,
    position: float = 0.3,
    raters: int = 2,
) -> BiasWorld:
    """Utility gaps q correlate 0.4 with the feature x; people say a with log-odds q, the judge with κ·q + δ·x ± b.

    `sharpness` is κ, `length` the planted bias δ, `position` b; prompts have four pairs.
    """
    x = rng.standard_normal(size)
    q = SPREAD * (LENGTH_CORRELATION * x + np.sqrt(1 - LENGTH_CORRELATION**2) * rng.standard_normal(size))
    order = rng.choice([-1.0, 1.0], size=size)
    logit = sharpness * q + length * x + position * order
    chance = _sigmoid(logit)
    return BiasWorld(
        feature=x,
        people=(rng.random((size, raters)) < _sigmoid(q)[:, None]).astype(float),
        verdict=(rng.random(size) < chance).astype(float),
        order=order,
        prompt=np.arange(size) // PAIRS_PER_PROMPT,
        effect_pp=float(100 * length * np.mean(chance * (1 - chance))),
    )


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-logit))
    return found
