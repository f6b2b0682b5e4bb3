"""Does a judge favour models of its own family beyond what they are worth? (Panickssery et al. 2024; Wataoka et al. 2024)

Each verdict: log-odds of a = κⱼ·(θ of a's generator − θ of b's) + γⱼ·x + bⱼ·pos, with x = +1 where a alone is of the judge's
family, −1 where b alone is. The worth θ is shared by all judges and by people, who have no family; κⱼ is how sharply a judge
sees it, so that seeing sharply that one's own family is better does not pass for favour. γⱼ is the favour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import optimize, special, stats

from flywheel.records import Estimate, NotEnoughData, Pair, Vote
from flywheel.stats import features, intervals
from flywheel.stats.multiplicity import bh
from flywheel.stats.position import PP, Verdict, concluded, wins_of_a
from flywheel.stats.split_human import sandwich

FEWEST = 30  # pairs with one side of the judge's family
FEWEST_JUDGES = FEWEST_GENERATORS = 2
SHARPNESS_SD = 0.5  # of log κ between raters
WORTH_SD = 3.0  # of θ, in log-odds: keeps generators that never lose finite
SINGULAR = 1e-8

SHOWN = {"a": 1.0, "b": -1.0}


@dataclass(frozen=True, slots=True)
class Favour:
    """One judge's favour of its family, in points at equal worth and in log-odds; its test, and what follows."""

    effect_pp: Estimate
    logits: Estimate
    p: float
    p_adjusted: float
    mde_pp: float
    verdict: Verdict
    material: bool

    def told(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Favour by judge, and why nothing can be said of the other judges."""

    favours: dict[str, Favour]
    left_out: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rated:
    """m answers: rater and generators of both sides (m,) as codes from 0, wins of a (m,), order (m,) ±1 or 0, own family
    (m,) ±1 or 0, and prompts (m,)."""

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
    """Parameters: θ of the generators, log κ of the raters, γ of the raters with a family, b of the raters."""

    def __init__(self, rated: Rated) -> None:
        self.rated = rated
        m, rows = len(rated.wins), np.arange(len(rated.wins))
        self.raters, self.generators = int(rated.rater.max()) + 1, int(max(rated.a.max(), rated.b.max())) + 1
        self.fans = np.unique(rated.rater[rated.own != 0])
        self.gap = np.zeros((m, self.generators))
        np.add.at(self.gap, (rows, rated.a), 1.0)
        np.add.at(self.gap, (rows, rated.b), -1.0)
        self.by_rater = np.zeros((m, self.raters))
        self.by_rater[rows, rated.rater] = 1.0
        self.own = self.by_rater[:, self.fans] * rated.own[:, None]
        self.order = self.by_rater * rated.order[:, None]
        sizes = (self.generators, self.raters, len(self.fans), self.raters)
        self.ends = np.cumsum(sizes)[:-1]
        self.precision = np.repeat([WORTH_SD**-2, SHARPNESS_SD**-2, 1e-6, 1e-2], sizes)

    def at(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(m,) log-odds and their (m, parameters) derivatives."""
        worth, log_sharpness, favour, first = np.split(theta, self.ends)
        sharpness = np.exp(log_sharpness)[self.rated.rater]
        seen = sharpness * (self.gap @ worth)
        turn = np.hstack([self.gap * sharpness[:, None], self.by_rater * seen[:, None], self.own, self.order])
        return seen + self.own @ favour + self.order @ first, turn

    def loss(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the penalised log-likelihood, and its gradient."""
        at, turn = self.at(theta)
        wins = self.rated.wins
        value = float(np.sum(np.logaddexp(0, at) - wins * at) + self.precision @ theta**2 / 2)
        return value, (special.expit(at) - wins) @ turn + self.precision * theta


def fit(rated: Rated) -> Fit:
    """Favour of all raters with a family at once; errors are clustered on prompts."""
    model = _Model(rated)
    if _is_confounded(model):
        raise NotEnoughData("raters who tell favour of a family from its worth", model.raters, model.raters + 1)
    theta = optimize.minimize(model.loss, np.zeros(len(model.precision)), jac=True, method="L-BFGS-B").x
    at, turn = model.at(theta)
    chance = special.expit(at)
    bread = np.linalg.inv((turn * (chance * (1 - chance))[:, None]).T @ turn + np.diag(model.precision))
    codes = np.unique(rated.groups, return_inverse=True)[1]
    covariance = sandwich(bread, turn * (rated.wins - chance)[:, None], codes, len(theta))
    place = slice(model.ends[1], model.ends[2])
    error = np.sqrt(np.diag(covariance)[place])
    slope = (chance * (1 - chance)) @ np.abs(model.own) / np.abs(model.own).sum(axis=0)
    return Fit(model.fans, theta[place], error, slope)


def _is_confounded(model: _Model) -> bool:
    """Whether some favour could as well be worth: its column is a mix of the generators' and the others'."""
    design = np.hstack([model.gap[:, 1:], model.own])
    values = np.linalg.eigvalsh(design.T @ design)
    return bool(values[0] <= SINGULAR * values[-1])


def preferences(judges: Mapping[str, Sequence[Vote]], people: Sequence[Vote], pairs: Mapping[str, Pair]) -> Preferences:
    """Favour of each judge that has a family among the generators; raises NotEnoughData below two judges or generators."""
    known = {item: pair for item, pair in pairs.items() if pair.generator_a and pair.generator_b}
    votes = [vote for said in judges.values() for vote in said if vote.item in known]
    votes += [vote for vote in people if vote.item in known]
    names = sorted({vote.rater for vote in votes if vote.kind == "judge"})
    if len(names) < FEWEST_JUDGES:
        raise NotEnoughData("judges of pairs whose generators are known", len(names), FEWEST_JUDGES)
    generators = sorted({str(name) for vote in votes for name in _sides(known[vote.item])})
    if len(generators) < FEWEST_GENERATORS:
        raise NotEnoughData("generators", len(generators), FEWEST_GENERATORS)
    own = np.array([features.own_family(v.rater, known[v.item]) if v.kind == "judge" else 0.0 for v in votes])
    left_out = {}
    for name in names:
        mine = np.array([vote.rater == name and vote.kind == "judge" for vote in votes])
        if (n := len({vote.item for vote, is_mine, x in zip(votes, mine, own, strict=True) if is_mine and x})) < FEWEST:
            left_out[name] = f"{n} pairs have one side of its family, at least {FEWEST} needed."
            own[mine] = 0.0
    if len(left_out) == len(names):
        return Preferences({}, left_out)
    return Preferences(_favours(fit(_rated(votes, known, names, generators, own)), names, votes, own), left_out)


def _sides(pair: Pair) -> tuple[str | None, str | None]:
    return pair.generator_a, pair.generator_b


def _rated(
    votes: Sequence[Vote], pairs: Mapping[str, Pair], names: Sequence[str], generators: Sequence[str], own: np.ndarray
) -> Rated:
    """People are one rater, the last."""
    place = {name: number for number, name in enumerate(generators)}
    a, b = np.array([[place[str(name)] for name in _sides(pairs[vote.item])] for vote in votes]).T
    return Rated(
        rater=np.array([names.index(vote.rater) if vote.kind == "judge" else len(names) for vote in votes]),
        a=a,
        b=b,
        wins=wins_of_a(np.array([vote.label for vote in votes])),
        order=np.array([SHOWN.get(vote.first or "", 0.0) for vote in votes]),
        own=own,
        groups=np.array([pairs[vote.item].cluster for vote in votes]),
    )


def _favours(found: Fit, names: Sequence[str], votes: Sequence[Vote], own: np.ndarray) -> dict[str, Favour]:
    p = 2 * stats.norm.sf(np.abs(found.favour) / found.error)
    adjusted = bh(p)
    favours = {}
    for k, fan in enumerate(found.fans):
        n = len({vote.item for vote, x in zip(votes, own, strict=True) if x and vote.rater == names[fan]})
        value, half = float(found.favour[k]), float(stats.norm.ppf(0.975) * found.error[k])
        logits = Estimate(value, value - half, value + half, n)
        scale = PP * float(found.slope[k])
        effect = Estimate(scale * value, scale * logits.low, scale * logits.high, n)
        mde = scale * intervals.mde(float(found.error[k]))
        verdict, material = concluded(effect, float(adjusted[k]), mde)
        favours[names[fan]] = Favour(effect, logits, float(p[k]), float(adjusted[k]), mde, verdict, material)
    return favours
