"""A-5 to A-8: labels from crowds with useless people, who is useless, and rankings by people of unlike competence."""

from typing import Any

import numpy as np
from scipy import stats

from flywheel.simulation.crowds import crowd, league
from flywheel.stats import aggregation, annotators, rankings
from tests.flywheel.acceptance.chance import allowance

GAINS = {3: 0.03, 5: 0.05}
RECALL, FALSE = {3: 0.60, 5: 0.85}, {3: 0.15, 5: 0.10}
RANKED, OVERSURE = {3: 0.80, 5: 0.85}, 0.03
PLANTED = 8  # people in a crowd of 40
STRENGTHS = 0.9
SPREADS = (1.5, 1.0)  # deviations of strengths, in logits


def a5(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Dawid–Skene against the majority, right labels on items without a known answer."""
    found = {}
    for labels in GAINS:
        right = np.array([_right(rng, labels) for _ in range(replications)]).mean(axis=0)
        found[labels] = {"dawid-skene": right[0], "majority": right[1], "gain": right[0] - right[1]}
    return {
        "figure": _rounded(found),
        "threshold": "gain ≥ 0.03 with 3 labels an item, ≥ 0.05 with 5",
        "replications": replications,
        "pass": all(found[labels]["gain"] >= gain for labels, gain in GAINS.items()),
    }


def _right(rng: np.random.Generator, labels: int) -> tuple[float, float]:
    world = crowd(rng, labels=labels)
    rest = world.known < 0
    weighed = aggregation.dawid_skene(world.table, world.known).posterior.argmax(axis=1) == world.truth
    shares = aggregation.majority_shares(world.table)
    counted = shares[np.arange(len(rest)), world.truth]  # ties never occur with an odd number of labels
    return float(weighed[rest].mean()), float((counted > 0.5)[rest].mean())


def a6(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Careless and adverse people flagged: how many of them, and how many of the flagged were informative after all.

    A flag says that J is below 0.2, so an honest person whose true J is below 0.2 is no false one: in this world, with
    accuracies from Beta(12, 4), two or three of the 32 honest people are such. "not planted" counts them as false too.
    """
    found = {}
    for labels in RECALL:
        counts = np.array([_flagged(rng, labels) for _ in range(replications)]).sum(axis=0)
        hit, planted, wrong, flagged = (float(count) for count in counts)
        all_flags = max(1.0, flagged)
        found[labels] = {"recall": hit / planted, "false": wrong / all_flags, "not planted": 1 - hit / all_flags}
    return {
        "figure": _rounded(found),
        "threshold": "recall of planted people ≥ 0.85 and flags on people with J ≥ 0.2 ≤ 0.10 with 5 labels an item,"
        " ≥ 0.60 and ≤ 0.15 with 3",
        "replications": replications,
        "pass": all(
            one["recall"] >= RECALL[labels] - allowance(RECALL[labels], PLANTED * replications)
            and one["false"] <= FALSE[labels] + allowance(FALSE[labels], PLANTED * replications)
            for labels, one in found.items()
        ),
    }


def _flagged(rng: np.random.Generator, labels: int) -> tuple[int, int, int, int]:
    """How many are planted and flagged, planted, flagged but informative, and flagged."""
    world = crowd(rng, labels=labels)
    told = annotators.qualities(world.table, world.known, rng=rng)
    flagged = np.array([one is not None and one.is_flagged for one in told])
    wrong = flagged & (world.informativeness >= annotators.LOW)
    hit = flagged & world.is_planted
    return int(hit.sum()), int(world.is_planted.sum()), int(wrong.sum()), int(flagged.sum())


def a7(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Without known answers and with more careless people: the order of people, and how sure the labels claim to be."""
    found = {}
    for labels in RANKED:
        figures = np.array([_ordered(rng, labels) for _ in range(replications)]).mean(axis=0)
        found[labels] = {"spearman": figures[0], "oversure": figures[1]}
    return {
        "figure": _rounded(found),
        "threshold": f"Spearman of true and estimated J ≥ 0.85 with 5 labels, and oversure ≤ {OVERSURE} with 3 and 5",
        "replications": replications,
        "pass": found[5]["spearman"] >= RANKED[5] and all(one["oversure"] <= OVERSURE for one in found.values()),
    }


def _ordered(rng: np.random.Generator, labels: int) -> tuple[float, float]:
    world = crowd(rng, labels=labels, careless=0.20, gold=0)
    told = annotators.qualities(world.table, rng=rng)
    estimated = [one.informativeness.value if one else 0.0 for one in told]
    posterior = aggregation.dawid_skene(world.table).posterior
    sure, right = posterior.max(axis=1).mean(), (posterior.argmax(axis=1) == world.truth).mean()
    return float(stats.spearmanr(world.informativeness, estimated).statistic), float(sure - right)


def a8(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Thirty things, twenty people, sixty pairs each, one person in five not looking: ranks with competence and without.

    The threshold holds where strengths spread by 1.5 logits. Where they spread by 1 the answers say too little of who
    looks, and competence neither helps nor harms; that world is reported beside.
    """
    found = {}
    for spread in SPREADS:
        ranks = np.array([_ranks(rng, spread) for _ in range(replications)])
        found[spread] = {
            "with competence": round(float(ranks[:, 0].mean()), 4),
            "plain": round(float(ranks[:, 1].mean()), 4),
            "better in": round(float((ranks[:, 0] > ranks[:, 1]).mean()), 4),
            "coverage of strengths": round(float(ranks[:, 2].mean()), 4),
        }
    wanted = found[SPREADS[0]]
    return {
        "figure": {f"spread {spread}": one for spread, one in found.items()},
        "threshold": f"Spearman of true and estimated strength ≥ {STRENGTHS}, and above that of plain Bradley–Terry,"
        f" at a spread of {SPREADS[0]} logits",
        "replications": replications,
        "pass": wanted["with competence"] >= STRENGTHS and wanted["with competence"] > wanted["plain"],
    }


def _ranks(rng: np.random.Generator, spread: float) -> tuple[float, float, float]:
    world = league(rng, spread=spread)
    alone = np.arange(len(world.answers.left))
    found = [rankings.ranking(world.answers, alone, has_competence=how) for how in (True, False)]
    told = [stats.spearmanr(world.strength, [one.value for one in each.strength]).statistic for each in found]
    centred = world.strength - world.strength.mean()
    held = [one.low <= s <= one.high for one, s in zip(found[0].strength, centred, strict=True)]
    return float(told[0]), float(told[1]), float(np.mean(held))


def _rounded(found: dict[int, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {
        f"{labels} labels": {name: round(float(value), 4) for name, value in one.items()}
        for labels, one in found.items()
    }
