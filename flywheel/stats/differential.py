"""What sways a judge at equal preference of people, feature by feature, with one of four verdicts on each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from flywheel.records import Estimate, NotEnoughData, Pair, Vote
from flywheel.stats import design, features, latent, split_human
from flywheel.stats.conclusions import FALSE_DISCOVERIES, MATERIAL_PP, Verdict
from flywheel.stats.multiplicity import bh
from flywheel.stats.position import wins_of_a

CONFIRMED = 0.05  # p of the model of hidden quality


@dataclass(slots=True)
class Finding:
    """One feature of one judge: points per standard deviation at equal preference of people, and what follows.

    `spread` is one standard deviation in the feature's own units (for verbosity, log ratio of words); `latent_p` and
    `latent_pp` are of the confirming model, None where it could not be fitted. `per_doubling_pp` is the effect of twice
    the words, for verbosity only.
    """

    effect_pp: Estimate
    p: float
    mde_pp: float
    spread: float
    latent_pp: float | None = None
    latent_p: float | None = None
    p_adjusted: float = 1.0
    verdict: Verdict = "underpowered"
    material: bool = False
    per_doubling_pp: Estimate | None = None

    def told(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings of one judge by feature, F of people as each other's instruments, and why features were dropped."""

    findings: dict[str, Finding]
    is_strong: bool
    first_stage: float
    sharpness: float
    dropped: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The items of a judge as arrays."""

    verdict: np.ndarray
    order: np.ndarray
    pairs: list[Pair]
    people: latent.Said
    judge: latent.Said


def judged(name: str, verdicts: Sequence[Vote], people: Sequence[Vote], pairs: Mapping[str, Pair]) -> Judged:
    """All features at once, for one judge; raises NotEnoughData where people or prompts are too few."""
    asked = _asked(verdicts, people, pairs)
    names, values = design.table(asked.pairs)
    own = np.array([features.own_family(name, pair) for pair in asked.pairs])
    made = design.standardised([*names, "own_family"], np.column_stack([values, own]))
    if not made.names:
        raise NotEnoughData("features that differ between the sides", 0, 1)
    groups = np.array([pair.cluster for pair in asked.pairs])
    said = split_human.people(asked.people.item, asked.people.wins, len(asked.pairs))
    # Where both orders were asked, being shown first is out of the mean already; where one was, nothing tells it apart.
    shown = [asked.order] if np.ptp(asked.order) > 0 else []
    fit = split_human.fit(asked.verdict, said, np.column_stack([made.values, *shown]), groups)
    findings = {
        feature: Finding(fit.effect_pp[k], float(fit.p[k]), float(fit.mde_pp[k]), float(made.spread[k]))
        for k, feature in enumerate(made.names)
    }
    if "verbosity" in findings:
        findings["verbosity"].per_doubling_pp = _per_doubling(findings["verbosity"])
    _confirm(findings, asked, made.values, groups)
    return Judged(findings, fit.is_strong, fit.first_stage, fit.sharpness, made.dropped)


def _per_doubling(finding: Finding) -> Estimate:
    """The effect of twice the words: verbosity is the log ratio of words."""
    scale, effect = float(np.log(2)) / finding.spread, finding.effect_pp
    return Estimate(scale * effect.value, scale * effect.low, scale * effect.high, effect.n)


def _confirm(findings: Mapping[str, Finding], asked: _Asked, values: np.ndarray, groups: np.ndarray) -> None:
    """Add what the model of hidden quality says; without enough items nothing is confirmed."""
    try:
        model = latent.fit(asked.people, asked.judge, values, groups)
    except NotEnoughData:
        return
    for place, finding in enumerate(findings.values()):
        finding.latent_pp, finding.latent_p = float(model.effect_pp[place]), float(model.p[place])


def decide(found: Mapping[str, Judged]) -> None:
    """Adjust the p-values of all judges and features together, and give each its verdict."""
    every = [finding for one in found.values() for finding in one.findings.values()]
    for finding, adjusted in zip(every, bh(np.array([finding.p for finding in every])), strict=True):
        finding.p_adjusted = float(adjusted)
    for one in found.values():
        for finding in one.findings.values():
            finding.verdict, finding.material = _verdict(finding, is_strong=one.is_strong)


def _verdict(finding: Finding, *, is_strong: bool) -> tuple[Verdict, bool]:
    """The first that holds; the estimate, its adjusted test and the confirming model have to agree on a bias."""
    effect = finding.effect_pp
    inside = -MATERIAL_PP < effect.low and effect.high < MATERIAL_PP
    if not is_strong:
        return "underpowered", False
    excludes = effect.low > 0 or effect.high < 0
    confirmed = (
        finding.latent_p is not None
        and finding.latent_pp is not None
        and finding.latent_p <= CONFIRMED
        and np.sign(finding.latent_pp) == np.sign(effect.value)
    )
    if excludes and finding.p_adjusted <= FALSE_DISCOVERIES and confirmed:
        return "biased", not inside
    if inside:
        return "no_material_bias", False
    return ("underpowered" if finding.mde_pp > MATERIAL_PP else "inconclusive"), False


def _asked(verdicts: Sequence[Vote], people: Sequence[Vote], pairs: Mapping[str, Pair]) -> _Asked:
    """Items that the judge and at least one person spoke of, and whose texts are known."""
    spoken = {vote.item for vote in verdicts} & {vote.item for vote in people} & set(pairs)
    items = sorted(spoken)
    if not items:
        raise NotEnoughData("items with texts that the judge and people both answered", 0, split_human.FEWEST)
    place = {item: number for number, item in enumerate(items)}
    judge, humans = _said(verdicts, place), _said(people, place)
    count = np.bincount(judge.item, minlength=len(items))
    mean = np.bincount(judge.item, judge.wins, minlength=len(items)) / count
    order = np.bincount(judge.item, judge.pos, minlength=len(items)) / count
    return _Asked(mean, order, [pairs[item] for item in items], humans, judge)


def _said(votes: Sequence[Vote], place: Mapping[str, int]) -> latent.Said:
    """Votes on these items as arrays."""
    kept = [vote for vote in votes if vote.item in place]
    # In an order that neither rows nor names make: the last digits of a search for a maximum follow that of its sums.
    kept.sort(key=lambda vote: (vote.item, vote.label, vote.first or ""))
    shown = {"a": 1.0, "b": -1.0}
    return latent.Said(
        np.array([place[vote.item] for vote in kept], dtype=int),
        wins_of_a(np.array([vote.label for vote in kept])),
        np.array([shown.get(vote.first or "", 0.0) for vote in kept]),
    )
