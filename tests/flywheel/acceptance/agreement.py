"""A-1 to A-4: agreement coefficients against published tables and planted truth."""

from typing import Any

import numpy as np

from flywheel.stats import agreement
from flywheel.stats.agreement import Metric
from flywheel.stats.votes import MISSING, rating_counts
from tests.flywheel.acceptance import pandalm
from tests.flywheel.acceptance.chance import allowance

CLOSE = 5e-4
# Krippendorff (2011): four observers, twelve units, values 1 to 5; 0 is no value.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
).T
ALPHAS: dict[Metric, float] = {"nominal": 0.7434, "ordinal": 0.8154, "interval": 0.8491, "ratio": 0.7974}
# Fleiss (1971): fourteen raters, ten subjects, five categories.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
GWET = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
TABLES = {"fleiss_kappa": 0.2099, "cohen_kappa": 0.7964, "ac1": 0.8493, "raw": 0.89}
REAL = {"alpha": 0.864, "kappa_1_2": 0.852, "kappa_1_3": 0.879, "kappa_2_3": 0.862}
COVERED = (0.92, 0.98)
RATERS, SIZES = 3, (50, 100, 300)


def met(found: dict[str, float], published: dict[Any, float]) -> dict[str, Any]:
    """Figures that must equal the published ones."""
    return {
        "figure": {name: round(value, 6) for name, value in found.items()},
        "threshold": f"{', '.join(f'{name} {value}' for name, value in published.items())}, each ± {CLOSE}",
        "replications": 1,
        "pass": all(abs(found[name] - value) <= CLOSE for name, value in published.items()),
    }


def a1(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Krippendorff's example with missing values, four metrics."""
    counts, values = rating_counts(KRIPPENDORFF - 1, 5), np.arange(1, 6)
    found = {name: agreement.krippendorff_alpha(counts, metric=name, values=values, rng=rng) for name in ALPHAS}
    return met({name: one.value for name, one in found.items() if one}, ALPHAS)


def a2(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Fleiss' and Gwet's tables."""
    first, second = (side.repeat(GWET.ravel()) for side in np.indices((3, 3)).reshape(2, -1))
    counts = rating_counts(np.stack([first, second], axis=1), 3)
    found = {
        "fleiss_kappa": agreement.fleiss_kappa(FLEISS, rng=rng),
        "cohen_kappa": agreement.cohen_kappa(first, second, 3, rng=rng),
        "ac1": agreement.gwet_ac1(counts, rng=rng),
        "raw": agreement.raw_agreement(counts),
    }
    return met({name: one.value for name, one in found.items() if one}, TABLES)


def a3(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Three people on the 999 visible pairs of PandaLM."""
    codes = pandalm.codes()
    found = {"alpha": agreement.krippendorff_alpha(rating_counts(codes, 3), rng=rng)}
    for i, j in ((0, 1), (0, 2), (1, 2)):
        found[f"kappa_{i + 1}_{j + 1}"] = agreement.cohen_kappa(codes[:, i], codes[:, j], 3, rng=rng)
    return met({name: one.value for name, one in found.items() if one}, REAL)


def a4(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """The interval of alpha holds the planted value: 30 % missing of three categories, and one label in ten rare.

    Raters copy the truth with probability p and else draw from its distribution, so alpha is p².
    """
    worlds = {"three categories, 30 % missing": (np.ones(3) / 3, 0.7, 0.3), "10 % prevalence": (np.array([0.9, 0.1]), 0.8, 0.0)}  # fmt: skip
    figure = {
        f"{name}, n = {size}": _covered(shares, copied, missing, size, replications, rng)
        for name, (shares, copied, missing) in worlds.items()
        for size in SIZES
    }
    spare = allowance(0.95, replications)
    return {
        "figure": figure,
        "threshold": f"coverage in [{COVERED[0]}, {COVERED[1]}] everywhere",
        "replications": replications,
        "pass": all(COVERED[0] - spare <= share <= COVERED[1] + spare for share in figure.values()),
    }


def _covered(
    shares: np.ndarray, copied: float, missing: float, size: int, replications: int, rng: np.random.Generator
) -> float:
    held = 0
    for _ in range(replications):
        truth = rng.choice(len(shares), (size, 1), p=shares)
        drawn = rng.choice(len(shares), (size, RATERS), p=shares)
        codes = np.where(rng.random((size, RATERS)) < copied, truth, drawn)
        codes[rng.random(codes.shape) < missing] = MISSING
        found = agreement.krippendorff_alpha(rating_counts(codes, len(shares)), rng=rng)
        held += found is not None and found.low <= copied**2 <= found.high
    return round(held / replications, 4)
