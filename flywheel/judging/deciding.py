"""What judges may decide without a person: pairs of which all say the same in both orders, and that differ little in what sways them.

Judges are distrusted: the chance that a decision is wrong is what known answers say, never the judge's own confidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Literal, cast

from flywheel.judging.judge import Side, lean, logit
from flywheel.records import Estimate, Pair, Verdict
from flywheel.stats import features
from flywheel.stats.conclusions import MATERIAL_PP


@dataclass(frozen=True, slots=True)
class Sway:
    """What a feature that a judge is biased in does to it: points a standard deviation, and that in the feature's own units."""

    effect_pp: float
    spread: float

    def points(self, difference: float) -> float:
        """How many points a difference of this size moves the judge."""
        return abs(self.effect_pp * difference / self.spread)


@dataclass(frozen=True, slots=True)
class Decider:
    """A judge that may decide alone: its share right on known answers, and the features it is biased in."""

    name: str
    accuracy: Estimate
    sways: Mapping[str, Sway]

    def swayed_by(self, pair: Pair) -> str | None:
        """The first feature in which the sides differ so much that it moves the judge by more than what matters, 5 points."""
        if not self.sways:
            return None
        differences = features.before_judge(self.name, pair)
        moved = (name for name, sway in self.sways.items() if sway.points(differences.get(name, 0.0)) > MATERIAL_PP)
        return min(moved, default=None)


@dataclass(frozen=True, slots=True)
class Decision:
    """The better side, the judges' mean P(a is better) over both orders, the chance that they are wrong, and who they are."""

    label: Side
    probability: float
    flip_prob: float
    judges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why judges may not decide a pair."""

    reason: Literal["judge_biased", "judge_inconsistent"]
    detail: str


def decide(pair: Pair, verdicts: Iterable[Verdict], deciders: Mapping[str, Decider]) -> Decision | Undecided | None:
    """What the deciders' verdicts on a pair come to; None if none of them judged it in both orders.

    Who is swayed by what the sides differ in does not count. The others must name one side, in label and probability, in
    every order. They are as often wrong as the worst of them: what they have in common is not known.
    """
    by_judge = attrgetter("judge")
    given = sorted((verdict for verdict in verdicts if verdict.judge in deciders), key=by_judge)
    said = {name: list(told) for name, told in groupby(given, key=by_judge)}
    asked = {name: told for name, told in said.items() if {verdict.first for verdict in told} == {"a", "b"}}
    if not asked:
        return None
    swayed = {name: deciders[name].swayed_by(pair) for name in asked}
    free = tuple(name for name, feature in swayed.items() if feature is None)
    if not free:
        return Undecided("judge_biased", "; ".join(f"{name}: {feature}" for name, feature in swayed.items()))
    counted = [verdict for name in free for verdict in asked[name]]
    sides = {side for verdict in counted for side in (verdict.label, lean(logit(verdict.probability)))}
    if sides not in ({"a"}, {"b"}):
        return Undecided("judge_inconsistent", f"{', '.join(free)}: {' and '.join(sorted(sides))}")
    return Decision(
        label=cast(Side, sides.pop()),
        probability=sum(verdict.probability for verdict in counted) / len(counted),
        flip_prob=1 - min(deciders[name].accuracy.value for name in free),
        judges=free,
    )
