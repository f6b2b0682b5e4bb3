"""Consensus and rankings of a hundred thousand votes, beside crowd-kit and choix on the same votes in the same run."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import choix
import numpy as np
from scipy import special

from flywheel.stats import aggregation, agreement, rankings, split_human
from flywheel.stats.multiplicity import bh
from tests.flywheel.acceptance import peers

Result = TypeVar("Result")

LEAST = 5.0  # times as fast as the other library
RAPID, DRAWN = 2.0, 2.0  # seconds of CPU: Dawid–Skene; alpha with its bootstrap
ROUNDS = 3
THINGS = 50
FEATURES, TOPICS, SWAYED = 20, 40, 10.0  # and seconds of CPU


def best(work: Callable[[], Result]) -> tuple[float, Result]:
    """CPU seconds of the quickest of some rounds, and what it gave."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        found = work()
        spent.append(time.process_time() - began)
    return min(spent), found


def compared(ours: float, theirs: float) -> dict[str, float]:
    """Seconds of both and their ratio."""
    return {"ours, s": round(ours, 3), "theirs, s": round(theirs, 3), "times as fast": round(theirs / ours, 1)}


def dawid_skene(votes: int, rng: np.random.Generator) -> dict[str, Any]:
    """Dawid–Skene to convergence, each by its own rule; the tables of both are made before the clock starts."""
    table, _ = peers.crowd(rng, votes // 5, 5, 3, people=200)
    frame = peers.frame(table)
    ours, found = best(lambda: aggregation.dawid_skene(table))
    theirs, other = best(lambda: peers.crowd_kit(frame))
    same = float(np.mean(found.posterior.argmax(axis=1) == peers.chosen(other, table)))
    figure = compared(ours, theirs) | {"votes": len(table.item), "rounds": found.rounds, "same label": round(same, 4)}
    return {
        "figure": figure,
        "threshold": f"at least {LEAST} times as fast as crowd-kit, and at most {RAPID} s of CPU",
        "replications": ROUNDS,
        "pass": figure["times as fast"] >= LEAST and ours <= RAPID,
    }


def bradley_terry(votes: int, rng: np.random.Generator) -> dict[str, Any]:
    """Bradley–Terry with intervals, beside the quicker of two ways of choix without any."""
    answers = peers.games(rng, THINGS, votes)
    games = peers.results(answers)
    ours, strength = best(lambda: peers.ranked(answers))
    spectral, _ = best(lambda: choix.ilsr_pairwise(THINGS, games, alpha=1e-3))
    newton, other = best(lambda: choix.opt_pairwise(THINGS, games, alpha=rankings.LAMBDA / 2))
    ranks = [np.argsort(np.argsort(one)) for one in (strength, other)]
    figure = compared(ours, min(spectral, newton)) | {
        "ilsr, s": round(spectral, 3),
        "opt, s": round(newton, 3),
        "votes": votes,
        "largest gap of a strength": float(f"{np.abs(strength - other).max():.2g}"),
        "same ranks": bool((ranks[0] == ranks[1]).all()),
    }
    return {
        "figure": figure,
        "threshold": f"at least {LEAST} times as fast as choix, and the same ranks",
        "replications": ROUNDS,
        "pass": figure["times as fast"] >= LEAST and bool(figure["same ranks"]),
    }


def alpha(items: int, rng: np.random.Generator) -> dict[str, Any]:
    """Krippendorff's ordinal alpha of five raters with a thousand bootstrap draws."""
    codes = rng.integers(-1, 5, (items, 5))
    counts = np.stack([(codes == label).sum(axis=1) for label in range(5)], axis=1)
    seconds, _ = best(lambda: agreement.krippendorff_alpha(counts, metric="ordinal", rng=rng))
    return {
        "figure": {"items": items, "s": round(seconds, 3)},
        "threshold": f"at most {DRAWN} s of CPU",
        "replications": ROUNDS,
        "pass": seconds <= DRAWN,
    }


def sways(pairs: int, rng: np.random.Generator) -> dict[str, Any]:
    """What sways a judge: twenty features at equal preference of people, in all and in each of forty topics."""
    pairs = max(pairs, split_human.FEWEST * TOPICS)
    x = rng.standard_normal((pairs, FEATURES))
    q = x[:, 0] + rng.standard_normal(pairs)
    people = (rng.random((pairs, 2)) < special.expit(q)[:, None]).astype(float)
    verdict = (rng.random(pairs) < special.expit(q)).astype(float)
    topic, prompts = np.arange(pairs) % TOPICS, np.arange(pairs) // TOPICS

    def work() -> np.ndarray:
        found = [np.ones(pairs, dtype=bool), *(topic == one for one in range(TOPICS))]
        return bh(np.concatenate([fitted(here).p for here in found]))

    def fitted(here: np.ndarray) -> split_human.Fit:
        size = int(here.sum())
        said = split_human.people(np.repeat(np.arange(size), 2), people[here].ravel(), size)
        return split_human.fit(verdict[here], said, x[here], prompts[here])

    seconds, adjusted = best(work)
    return {
        "figure": {"pairs": pairs, "tests": len(adjusted), "s": round(seconds, 3)},
        "threshold": f"at most {SWAYED:g} s of CPU",
        "replications": ROUNDS,
        "pass": seconds <= SWAYED,
    }


CHECKS: dict[str, tuple[Callable[[int, np.random.Generator], dict[str, Any]], int]] = {
    "Dawid–Skene": (dawid_skene, 100_000),
    "Bradley–Terry": (bradley_terry, 100_000),
    "alpha": (alpha, 10_000),
    "what sways a judge": (sways, 10_000),
}
