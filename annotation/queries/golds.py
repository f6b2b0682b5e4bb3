"""How people did on known answers."""

from math import sqrt

from annotation.models import User
from annotation.queries import progress
from flywheel.records import Estimate

Z = 1.959964  # standard normal quantile of a 95 % interval
FEWEST = 10  # known answers met before anybody is shown a share; fewer would also hint which items were gold


def agreement(project_id: int, user: User) -> Estimate | None:
    """The share of known answers this person gave alike, with its interval; None below FEWEST."""
    met = progress.with_gold(project_id, user)
    n = met["n"]
    if n < FEWEST:
        return None
    return wilson(met["right"], n)


def wilson(right: float, n: int) -> Estimate | None:
    """The share of `right` in `n` with its 95 % interval (Wilson 1927); None of nothing.

    Written out here because the web process imports no numpy, and `flywheel.stats` does.
    """
    if not n:
        return None
    share = right / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Estimate(value=share, low=max(0.0, centre - half), high=min(1.0, centre + half), n=n)
