"""B-1, B-2, B-3 and B-10: the bias that is not there is not found, the planted one is, and naive regressions go wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

from flywheel.records import Estimate
from flywheel.simulation.bias_worlds import BiasWorld, bias_world
from flywheel.stats import differential, latent, position, split_human
from flywheel.stats.features import verbosity
from flywheel.stats.split_human import sandwich
from tests.flywheel.acceptance import pandalm
from tests.flywheel.acceptance.chance import allowance

ALPHA = 0.05
COLUMNS = {"as noisy as people": 1.0, "sharper": 2.0, "noisier": 0.5}
SIZES, LATENT_SIZE, LATENT_PART = (600, 1500), 1000, 3
OURS_MOST, NAIVE_LEAST = 0.08, 0.40
PLANTED = 0.4  # logits, 6.9 points
POWER, LATENT_POWER, COVERED = 0.85, 0.78, (0.91, 0.98)
NULL_MOST, POSITION = 0.07, 0.4
POSITION_POWER = {200: 0.80, 500: 0.99}


def split_human_fit(world: BiasWorld) -> split_human.Fit:
    """The estimate with one person as the instrument of another; being shown first is taken out."""
    size, raters = world.people.shape
    said = split_human.people(np.repeat(np.arange(size), raters), world.people.ravel(), size)
    return split_human.fit(world.verdict, said, np.column_stack([world.feature, world.order]), world.prompt)


def told(world: BiasWorld) -> tuple[latent.Said, latent.Said]:
    """What people and the judge said, as the model of hidden quality takes it."""
    size, raters = world.people.shape
    item = np.arange(size)
    humans = latent.Said(np.repeat(item, raters), world.people.ravel(), np.zeros(size * raters))
    return humans, latent.Said(item, world.verdict, world.order)


def latent_fit(world: BiasWorld) -> latent.Latent:
    """The model of hidden quality."""
    return latent.fit(*told(world), world.feature[:, None], world.prompt)


def slope(y: np.ndarray, feature: np.ndarray, groups: np.ndarray) -> tuple[Estimate, float]:
    """Least squares of y on a feature alone, in points, and its p-value; errors clustered on groups."""
    design = np.column_stack([np.ones(len(y)), feature])
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ y
    codes = np.unique(groups, return_inverse=True)[1]
    covariance = sandwich(bread, design * (y - design @ beta)[:, None], codes, 2)
    value, error = 100 * beta[1], 100 * np.sqrt(covariance[1, 1])
    half = 1.96 * error
    return Estimate(value, value - half, value + half, len(y)), float(2 * stats.norm.sf(abs(value) / error))


def logistic_p(y: np.ndarray, design: np.ndarray, place: int, groups: np.ndarray) -> float:
    """The p-value of one column in a logistic regression by Newton's method; errors clustered on groups."""
    beta = np.zeros(design.shape[1])
    for _ in range(25):
        chance = special.expit(design @ beta)
        bread = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design)
        beta = beta + bread @ design.T @ (y - chance)
    covariance = sandwich(bread, design * (y - chance)[:, None], groups, len(beta))
    return float(2 * stats.norm.sf(abs(beta[place]) / np.sqrt(covariance[place, place])))


def _controlled_p(world: BiasWorld) -> float:
    design = np.column_stack([np.ones(len(world.feature)), world.feature, world.people.mean(axis=1)])
    return logistic_p(world.verdict, design, 1, world.prompt)


ESTIMATORS: dict[str, Callable[[BiasWorld], float]] = {
    "verdict ~ length": lambda world: slope(world.verdict, world.feature, world.prompt)[1],
    "logit verdict ~ length + people": _controlled_p,
    "verdict − people ~ length": lambda w: slope(w.verdict - w.people.mean(axis=1), w.feature, w.prompt)[1],
    "split-human": lambda world: float(split_human_fit(world).p[0]),
}


def b1(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """False positives at 5 % where length goes with quality and no judge is biased; the naive rows must be seen to fail."""
    found: dict[str, dict[str, float]] = {name: {} for name in [*ESTIMATORS, "hidden quality"]}
    few = max(1, replications // LATENT_PART)
    for column, sharpness in COLUMNS.items():
        for size in SIZES:
            worlds = [bias_world(rng, size=size, sharpness=sharpness) for _ in range(replications)]
            for name, p in ESTIMATORS.items():
                found[name][f"{column}, n = {size}"] = _share([p(world) <= ALPHA for world in worlds])
        worlds = [bias_world(rng, size=LATENT_SIZE, sharpness=sharpness) for _ in range(few)]
        found["hidden quality"][f"{column}, n = {LATENT_SIZE}"] = _share(
            [latent_fit(world).p[0] <= ALPHA for world in worlds]
        )
    naive = [max(found[name].values()) for name in list(ESTIMATORS)[:3]]
    most = OURS_MOST + allowance(ALPHA, replications)
    return {
        "figure": found,
        "threshold": f"split-human and hidden quality ≤ {OURS_MOST} everywhere, each naive row ≥ {NAIVE_LEAST} somewhere",
        "replications": replications,
        "replications_of_hidden_quality": few,
        "pass": max(found["split-human"].values()) <= most
        and max(found["hidden quality"].values()) <= OURS_MOST + allowance(ALPHA, few)
        and min(naive) >= NAIVE_LEAST,
    }


def _share(hits: list[bool]) -> float:
    return round(float(np.mean(hits)), 4)


def b2(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """A planted bias of 6.9 points is found and its interval holds it."""
    worlds = [bias_world(rng, size=SIZES[1], length=PLANTED) for _ in range(replications)]
    fits = [split_human_fit(world) for world in worlds]
    models = [latent_fit(bias_world(rng, size=LATENT_SIZE, length=PLANTED)) for _ in range(replications)]
    effects = [fit.effect_pp[0] for fit in fits]
    figure = {
        "power of split-human, n = 1500": _share([fit.p[0] <= ALPHA for fit in fits]),
        "coverage of split-human": _share(
            [e.low <= world.effect_pp <= e.high for e, world in zip(effects, worlds, strict=True)]
        ),
        "power of hidden quality, n = 1000": _share([model.p[0] <= ALPHA for model in models]),
        "coverage of hidden quality": _share([abs(m.delta[0] - PLANTED) <= 1.96 * m.error[0] for m in models]),
        "mean of hidden quality, logits": round(float(np.mean([model.delta[0] for model in models])), 4),
    }
    spare, low, high = allowance(0.95, replications), *COVERED
    return {
        "figure": figure,
        "threshold": f"power ≥ {POWER} and ≥ {LATENT_POWER}; coverage of hidden quality in [{low}, {high}]",
        "replications": replications,
        "pass": figure["power of split-human, n = 1500"] >= POWER - allowance(POWER, replications)
        and figure["power of hidden quality, n = 1000"] >= LATENT_POWER - allowance(LATENT_POWER, replications)
        and low - spare <= figure["coverage of hidden quality"] <= high + spare,
    }


def judged_twice(rng: np.random.Generator, size: int, b: float) -> tuple[np.ndarray, np.ndarray]:
    """(size,) labels of a judge of like answers with a shown first, and with b shown first; b in logits."""
    logit = 1.5 * 1.2 * rng.standard_normal(size) + b * np.array([[1.0], [-1.0]])
    first, second = np.where(rng.random((2, size)) < special.expit(logit), "a", "b")
    return first, second


def b3(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """A shift of 0.4 logits (6.4 points) is found by both orders, and its absence is respected."""

    def rejected(size: int, b: float) -> float:
        pairs = np.arange(size)
        return _share(
            [position.both_orders(*judged_twice(rng, size, b), pairs).p <= ALPHA for _ in range(replications)]
        )

    null = {f"no shift, n = {size}": rejected(size, 0.0) for size in POSITION_POWER}
    power = {f"0.4 logits, n = {size}": rejected(size, POSITION) for size in POSITION_POWER}
    return {
        "figure": null | power,
        "threshold": f"without a shift ≤ {NULL_MOST}; with one ≥ 0.8 at n = 200 and ≥ 0.99 at n = 500",
        "replications": replications,
        "pass": max(null.values()) <= NULL_MOST + allowance(ALPHA, replications)
        and all(
            share >= least - allowance(least, replications)
            for share, least in zip(power.values(), POSITION_POWER.values(), strict=True)
        ),
    }


def b10(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """PandaLM: gpt-3.5's verdicts go with length, as people's do; at equal preference of people they do not."""
    pairs, people = pandalm.pairs(), pandalm.people()
    asked = differential._asked(pandalm.verdicts("gpt-3.5-turbo"), people, pairs)
    length = np.array([verbosity(str(pair.a), str(pair.b)) for pair in asked.pairs])
    x, prompts = (length - length.mean()) / length.std(), np.array([pair.cluster for pair in asked.pairs])
    said = split_human.people(asked.people.item, asked.people.wins, len(asked.pairs))
    effect = split_human.fit(asked.verdict, said, x[:, None], prompts).effect_pp[0]
    raw, _ = slope(asked.verdict, x, prompts)
    found = {name: differential.judged(name, pandalm.verdicts(name), people, pairs) for name in pandalm.JUDGES}
    differential.decide(found)
    told = found["gpt-3.5-turbo"].findings["verbosity"]
    return {
        "figure": {
            "raw slope, points": _interval(raw),
            "at equal preference, points": _interval(effect),
            "with all features, points": _interval(told.effect_pp),
            "smallest findable, points": round(told.mde_pp, 2),
            "verdict": told.verdict,
        },
        "threshold": "the interval of the raw slope leaves 0 out, that at equal preference holds it; verdict underpowered",
        "replications": 1,
        "pass": raw.low > 0 and effect.low <= 0 <= effect.high and told.verdict == "underpowered",
    }


def _interval(found: Estimate) -> list[float]:
    return [round(value, 2) for value in (found.value, found.low, found.high)]
