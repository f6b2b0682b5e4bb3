"""B-7: a win rate from few people and many verdicts holds the truth, and costs no precision."""

from typing import Any

import numpy as np

from flywheel.stats.win_rates import weighted_rate, win_rate
from tests.flywheel.acceptance.chance import allowance

BASE, POOL, ONE_SIDED = 0.55, 3000, 0.09
ACCURACIES, LABELLED = (0.6, 0.75, 0.85), (50, 100, 300)
EXPLORED = (0.1, 0.3, 0.5)  # shares drawn evenly
COVERED = {50: 0.92, 100: 0.93, 300: 0.93}
NARROWER, NAIVE_MOST = 0.95, 0.92


def world(rng: np.random.Generator, accuracy: float) -> tuple[np.ndarray, np.ndarray]:
    """Wins (POOL,) and a judge's probabilities: symmetric errors, and some losses that it takes for wins."""
    wins = (rng.random(POOL) < BASE).astype(float)
    said = np.where(rng.random(POOL) < accuracy, wins, 1 - wins)
    said = np.where((said == 0) & (rng.random(POOL) < ONE_SIDED), 1.0, said)
    return wins, np.clip(0.15 + 0.7 * said + 0.1 * rng.standard_normal(POOL), 0.0, 1.0)


def b7(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Corrected rates over accuracies and numbers of labels, and rates from labels chosen by the judge's doubt."""
    corrected = {
        f"accuracy {accuracy}, {n} labels": _corrected(accuracy, n, replications, rng)
        for accuracy in ACCURACIES
        for n in LABELLED
    }
    chosen = {f"explored {share}": _chosen(share, replications, rng) for share in EXPLORED}
    spare, few = allowance(0.93, replications), allowance(NARROWER, replications)
    return {
        "figure": {"corrected": corrected, "chosen by doubt": chosen},
        "threshold": f"coverage ≥ 0.92 (50 labels), ≥ 0.93 (100 and more; weighted); no wider than people alone in ≥ {NARROWER}"
        f" of runs; plain mean of chosen labels < {NAIVE_MOST}",
        "replications": replications,
        "pass": all(
            found["coverage"] >= COVERED[n] - spare and found["no wider"] >= NARROWER - few
            for found, n in zip(corrected.values(), LABELLED * len(ACCURACIES), strict=True)
        )
        and all(found["coverage"] >= COVERED[300] - spare for found in chosen.values())
        and min(found["coverage of the plain mean"] for found in chosen.values()) < NAIVE_MOST,
    }


def _corrected(accuracy: float, n: int, replications: int, rng: np.random.Generator) -> dict[str, float]:
    held, narrower, gains = 0, 0, []
    here, rest = np.arange(n), np.arange(n, POOL)
    for _ in range(replications):
        wins, judged = world(rng, accuracy)
        found = win_rate(wins[here], judged[here], judged[rest], here, rest)
        held += found.value.low <= BASE <= found.value.high
        alone = found.humans_alone.high - found.humans_alone.low
        narrower += found.value.high - found.value.low <= alone * (1 + 1e-9)
        gains.append(found.gain)
    return {
        "coverage": round(held / replications, 4),
        "no wider": round(narrower / replications, 4),
        "labels that one stands for": round(float(np.mean(gains)), 2),
    }


def _chosen(explored: float, replications: int, rng: np.random.Generator) -> dict[str, float]:
    """300 labels asked for where the judge doubts, the more the better it knows itself; and some at random."""
    held = naive = 0
    for _ in range(replications):
        wins, judged = world(rng, 0.8)
        doubt = np.where(judged < 0.5, 1.0, 0.2)  # the judge is surer of wins
        chance = np.minimum(1.0, 300 * (explored / POOL + (1 - explored) * doubt / doubt.sum()))
        picked = np.flatnonzero(rng.random(POOL) < chance)
        found = weighted_rate(wins[picked], chance[picked], judged[picked], judged, picked)
        held += found.low <= BASE <= found.high
        plain = wins[picked]
        naive += abs(plain.mean() - BASE) <= 1.96 * plain.std() / np.sqrt(len(plain))
    return {
        "coverage": round(held / replications, 4),
        "coverage of the plain mean": round(naive / replications, 4),
    }
