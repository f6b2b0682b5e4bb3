"""What sways one person at what the others see in the same pairs: first place, length, format.

Each person is compared with all others (leave one out) by the model of hidden quality. A person's few answers leave wide
errors, so effects are drawn together: δ_r ~ N(0, τ²) over the people, and a person is named only when that leaves little
doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData
from flywheel.stats import intervals
from flywheel.stats.conclusions import MATERIAL_PP
from flywheel.stats.hidden_quality import Answers, People
from flywheel.stats.position import PP

FEWEST = 30  # a person's answers on items that others answered too
SURE = 0.9  # posterior probability of an effect that matters, for a flag
LARGEST = 40.0  # spread τ of people in points that is thought possible
GRID = 161
NARROWEST = 1e-6
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Sway:
    """One effect on one person in points: as measured, as drawn together with everybody's, the posterior probability
    that it is beyond ±5, and the smallest effect that so many answers could show.
    """

    effect_pp: Estimate
    shrunk_pp: Estimate
    beyond_p: float
    mde_pp: float

    @property
    def is_flagged(self) -> bool:
        """Whether it surely matters."""
        return self.beyond_p > SURE


def sways(answers: Answers, features: np.ndarray, groups: np.ndarray, raters: int) -> dict[int, list[Sway | None]]:
    """By rater code the effects of each of (n, k) features, in points a unit, then of first place in points.

    `groups` (n,) are the items' prompts. First place is None for who always or never saw a first. Raters with fewer than
    30 answers on items of others are left out; raises NotEnoughData if nobody is left.
    """
    codes = np.unique(groups, return_inverse=True)[1]
    shared = np.bincount(answers.item, minlength=len(features))[answers.item] > 1
    told = np.bincount(answers.rater[shared], minlength=raters)
    asked = np.flatnonzero(told >= FEWEST)
    if not len(asked):
        raise NotEnoughData("answers of one person on items that others answered", int(told.max(initial=0)), FEWEST)
    prompts, parameters = len(np.unique(codes[answers.item[shared]])), features.shape[1] + 3
    if prompts <= parameters:
        raise NotEnoughData("prompts for as many features", prompts, parameters + 1)
    people = People(_of(answers, shared), features)
    asked = np.array([rater for rater in asked if _differ(people.answers, int(rater))], dtype=int)
    if not len(asked):
        raise NotEnoughData("different answers of others to compare a person with", 1, 2)
    pooled = people.fit(people.answers.weight)
    value, error = np.zeros((len(asked), features.shape[1] + 1)), np.zeros((len(asked), features.shape[1] + 1))
    for row, rater in enumerate(asked):
        weight = people.answers.weight * (people.answers.rater != rater)
        theta = people.fit(weight, pooled)
        one = people.person(int(rater), theta, people.errors(theta, weight, codes), codes)
        value[row], error[row] = PP * one.effect, PP * one.error
    found: dict[int, list[Sway | None]] = {int(rater): [] for rater in asked}
    for place in range(value.shape[1]):
        known = np.ones(len(asked), dtype=bool)
        if place == features.shape[1]:
            known = np.array([_saw_both(answers.pos[shared & (answers.rater == rater)]) for rater in asked])
        drawn = iter(_sways(value[known, place], error[known, place], told[asked[known]]))
        for rater, is_known in zip(asked, known, strict=True):
            found[int(rater)].append(next(drawn) if is_known else None)
    return found


def shrunk(value: np.ndarray, error: np.ndarray, n: np.ndarray) -> tuple[list[Estimate], np.ndarray]:
    """(R,) effects with errors under δ ~ N(0, τ²), τ averaged over its posterior from an even prior up to 40 points;
    and the probabilities (R,) of lying beyond ±5 points.

    A point estimate of τ (DerSimonian & Laird 1986) is often 0 with few people and would leave intervals without width.
    """
    tau = np.linspace(0, LARGEST, GRID)
    total = error[:, None] ** 2 + tau**2
    log = -0.5 * (np.log(total) + value[:, None] ** 2 / total).sum(axis=0)
    chance = np.exp(log - log.max())
    chance = chance / chance.sum()
    pull = tau**2 / total
    mean, spread = value[:, None] * pull, np.maximum(error[:, None] * np.sqrt(pull), NARROWEST)

    def below(bound: np.ndarray) -> np.ndarray:
        found: np.ndarray = stats.norm.cdf((bound[:, None] - mean) / spread) @ chance
        return found

    low, high = (_solved(below, share, value, error) for share in (0.025, 0.975))
    far = np.full(len(value), MATERIAL_PP)
    middle = mean @ chance
    told = [Estimate(float(v), float(a), float(b), int(c)) for v, a, b, c in zip(middle, low, high, n, strict=True)]
    return told, below(-far) + 1 - below(far)


def _solved(
    below: Callable[[np.ndarray], np.ndarray], share: float, value: np.ndarray, error: np.ndarray
) -> np.ndarray:
    """Where a distribution function reaches a share, by halving."""
    low, high = -np.abs(value) - 6 * error - 1, np.abs(value) + 6 * error + 1
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_low = below(middle) < share
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    return (low + high) / 2


def _sways(value: np.ndarray, error: np.ndarray, n: np.ndarray) -> list[Sway]:
    if not len(value):
        return []
    drawn, beyond = shrunk(value, error, n)
    half = stats.norm.ppf(0.975) * error
    return [
        Sway(
            Estimate(float(value[r]), float(value[r] - half[r]), float(value[r] + half[r]), int(n[r])),
            drawn[r],
            float(beyond[r]),
            intervals.mde(float(error[r])),
        )
        for r in range(len(value))
    ]


def _differ(answers: Answers, rater: int) -> bool:
    """Whether the others' answers differ; where all say the same, they tell nothing of the items."""
    wins = answers.wins[(answers.rater != rater) & (answers.weight > 0)]
    return bool(len(wins) and np.ptp(wins) > 0)


def _saw_both(pos: np.ndarray) -> bool:
    return bool((pos > 0).any() and (pos < 0).any())


def _of(answers: Answers, kept: np.ndarray) -> Answers:
    return Answers(answers.item[kept], answers.rater[kept], answers.wins[kept], answers.pos[kept], answers.weight[kept])
