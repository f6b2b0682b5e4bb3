"""Evidence that may be looked at after every answer: betting e-processes and a detector of late changes."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from scipy.special import logsumexp

BETS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
MOST = 700.0  # log evidence; beyond it a number is too large to be written
ALARM = 20.0  # an e-process reaches it with probability at most 0.05 (Ville 1939)


def betting_eprocess(values: np.ndarray, mean: float = 0.0, bets: Sequence[float] = BETS) -> np.ndarray:
    """(n,) evidence after each of (n,) values in [−1, 1] against their mean being at most `mean` (Waudby-Smith & Ramdas 2024).

    The wealth of bets 1 + λ(x − mean), averaged over λ; each λ is scaled by 1/(1 + |mean|), so that no bet can lose all.
    """
    if not ((values >= -1) & (values <= 1)).all():
        raise ValueError("values must lie between -1 and 1")
    scaled = np.array(bets) / (1 + abs(mean))
    wealth = np.cumsum(np.log1p(np.outer(values - mean, scaled)), axis=0)
    found: np.ndarray = np.exp(np.minimum(logsumexp(wealth, axis=1) - np.log(len(scaled)), MOST))
    return found


def sr_detector(steps: np.ndarray) -> np.ndarray:
    """(n,) Shiryaev–Roberts statistic R = (R + 1)·e of (n,) e-values (Shin, Ramdas & Rinaldo 2022).

    For changes after long quiet: stopping at R ≥ A raises a false alarm once in A steps or later on average.
    """
    return np.array(list(accumulate(steps.tolist(), lambda before, e: (before + 1) * e, initial=0.0))[1:])
