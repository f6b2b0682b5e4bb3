"""B-6: the alternative annotator test equals a second reckoning from its paper's formulas, item by item."""

from collections import defaultdict
from math import sqrt
from typing import Any

import numpy as np
from scipy.special import stdtr

from flywheel.records import Vote
from flywheel.stats.replacement import FALSE_DISCOVERIES, FEWEST, replacement

EXACT = 1e-9


def crowd(rng: np.random.Generator) -> tuple[list[Vote], dict[str, str], float]:
    """People of unlike skill who miss some items, a judge, and an epsilon."""
    people, labels = int(rng.integers(3, 8)), int(rng.integers(2, 5))
    items = int(rng.integers(60, 160))
    skill, skill_of_judge = rng.uniform(0.4, 0.95, people), rng.uniform(0.3, 0.95)
    votes, verdicts = [], {}
    for item in range(items):
        truth = int(rng.integers(labels))
        said = np.where(rng.random(people) < skill, truth, rng.integers(labels, size=people))
        here = rng.random(people) < 0.7
        votes += [Vote(item=str(item), rater=f"p{k}", kind="human", label=f"l{said[k]}") for k in np.flatnonzero(here)]
        if rng.random() < 0.95:
            verdicts[str(item)] = f"l{truth if rng.random() < skill_of_judge else rng.integers(labels)}"
    return votes, verdicts, float(rng.choice([0.1, 0.15, 0.2]))


def by_hand(votes: list[Vote], verdicts: dict[str, str], epsilon: float) -> dict[str, Any]:
    """Winning rate and advantage straight from Calderon, Reichart & Dror (2025), with scores as means of agreement."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for vote in votes:
        said[vote.item][vote.rater] = vote.label
    rates, p_values = {}, {}
    for person in sorted({vote.rater for vote in votes}):
        judge_wins, gaps = [], []
        for item, labels in said.items():
            others = [label for who, label in labels.items() if who != person]
            if person not in labels or item not in verdicts or not others:
                continue
            of_judge = sum(label == verdicts[item] for label in others) / len(others)
            of_person = sum(label == labels[person] for label in others) / len(others)
            judge_wins.append(of_judge >= of_person)
            gaps.append((of_person >= of_judge) - (of_judge >= of_person))
        if len(gaps) >= FEWEST:
            rates[person], p_values[person] = sum(judge_wins) / len(judge_wins), _one_sided(gaps, epsilon)
    beaten = _yekutieli(list(p_values.values()))
    return {"advantage": sum(rates.values()) / len(rates), "winning": beaten / len(rates), "p": p_values}


def _one_sided(gaps: list[int], epsilon: float) -> float:
    n, mean = len(gaps), sum(gaps) / len(gaps)
    square = sum((gap - mean) ** 2 for gap in gaps)
    if square == 0:
        return float(mean >= epsilon)
    return float(stdtr(n - 1, (mean - epsilon) / sqrt(square / (n - 1) / n)))


def _yekutieli(p_values: list[float]) -> int:
    """How many are rejected: the largest k whose k-th smallest p-value is at most k·q / (m·Σ 1/i)."""
    m = len(p_values)
    bound = FALSE_DISCOVERIES / (m * sum(1 / i for i in range(1, m + 1)))
    return max((k for k, p in enumerate(sorted(p_values), 1) if p <= k * bound), default=0)


def b6(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Random crowds: winning rate, advantage and every p-value of the product equal the second reckoning."""
    equal, winning = 0, []
    for _ in range(replications):
        votes, verdicts, epsilon = crowd(rng)
        ours, theirs = replacement(verdicts, votes, epsilon=epsilon), by_hand(votes, verdicts, epsilon)
        equal += (
            abs(ours.advantage.value - theirs["advantage"]) < EXACT
            and abs(ours.winning - theirs["winning"]) < EXACT
            and {one.person for one in ours.people} == set(theirs["p"])
            and all(abs(one.p - theirs["p"][one.person]) < EXACT for one in ours.people)
        )
        winning.append(theirs["winning"])
    return {
        "figure": {"equal": equal, "crowds": replications, "winning rates from": min(winning), "to": max(winning)},
        "threshold": f"all equal to {EXACT:g}",
        "replications": replications,
        "pass": equal == replications,
    }
