"""Many tests at once: adjusted p-values that keep the false discovery rate."""

import numpy as np


def bh(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values (m,) under independence or positive dependence (Benjamini & Hochberg 1995)."""
    p = np.asarray(p, dtype=float)
    m = len(p)
    order = np.argsort(-p, kind="stable")
    stepped = np.minimum.accumulate(p[order] * m / np.arange(m, 0, -1))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, stepped)
    return adjusted


def by(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values (m,) under any dependence (Benjamini & Yekutieli 2001)."""
    p = np.asarray(p, dtype=float)
    return bh(p * np.sum(1 / np.arange(1, len(p) + 1)))
