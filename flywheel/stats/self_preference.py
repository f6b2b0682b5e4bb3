"""Does a judge favour models of its own family beyond what they are worth? (Panickssery et al. 2024; Wataoka et al. 2024)

Worth is what all judges and people see alike, each as sharply as it sees, so that seeing sharply that one's own family is
better does not pass for favour; people have no family. The model is in `worth`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from flywheel.records import Estimate, NotEnoughData, Pair, Vote
from flywheel.stats import features, intervals, worth
from flywheel.stats.conclusions import Verdict, concluded
from flywheel.stats.multiplicity import bh
from flywheel.stats.position import PP, wins_by_item, wins_of_a

FEWEST = 30  # pairs with one side of the judge's family
FEWEST_JUDGES = FEWEST_GENERATORS = 2

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
        elif _is_always_the_same(judges[name]):
            left_out[name] = "It comes to the same verdict on every pair, which tells nothing of favour."
        if name in left_out:
            own[mine] = 0.0
    if len(left_out) == len(names):
        return Preferences({}, left_out)
    return Preferences(_favours(worth.fit(_rated(votes, known, names, generators, own)), names, votes, own), left_out)


def _is_always_the_same(said: Sequence[Vote]) -> bool:
    """Whether verdicts, both orders taken together, do not differ from pair to pair."""
    return len({float(wins.mean()) for wins in wins_by_item(said).values()}) < 2


def _sides(pair: Pair) -> tuple[str | None, str | None]:
    return pair.generator_a, pair.generator_b


def _rated(
    votes: Sequence[Vote], pairs: Mapping[str, Pair], names: Sequence[str], generators: Sequence[str], own: np.ndarray
) -> worth.Rated:
    """People are one rater, the last."""
    place = {name: number for number, name in enumerate(generators)}
    items = {item: number for number, item in enumerate(sorted({vote.item for vote in votes}))}
    a, b = np.array([[place[str(name)] for name in _sides(pairs[vote.item])] for vote in votes]).T
    return worth.Rated(
        item=np.array([items[vote.item] for vote in votes]),
        rater=np.array([names.index(vote.rater) if vote.kind == "judge" else len(names) for vote in votes]),
        a=a,
        b=b,
        wins=wins_of_a(np.array([vote.label for vote in votes])),
        order=np.array([SHOWN.get(vote.first or "", 0.0) for vote in votes]),
        own=own,
        groups=np.array([pairs[vote.item].cluster for vote in votes]),
    )


def _favours(found: worth.Fit, names: Sequence[str], votes: Sequence[Vote], own: np.ndarray) -> dict[str, Favour]:
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
