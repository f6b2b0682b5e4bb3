"""Planted worlds for what may be wrong with a judge, as arrays: topics, its own family, its probabilities, policy versions."""

from dataclasses import dataclass

import numpy as np

from flywheel.records import Pair, Vote
from flywheel.simulation.annotators import Side

PAIRS_PER_PROMPT = 4
AGREES = 0.75  # share of items on which judge and person agree, so that their difference has a spread of ½
SIDES: tuple[Side, Side] = ("a", "b")
FAMILIES = ("amber", "birch", "cedar", "delta")
WORTH = (0.6, 0.2, -0.2, -0.6)  # log-odds of the generators, best first
QUALITY = 1.2  # spread of the log-odds with which people prefer a
PARTED = 0.36  # share of items on which judge and person differ by a whole win


@dataclass(frozen=True, slots=True)
class TopicWorld:
    """Residuals judge − person (n,) in {−1, 0, 1}, topics (n,), prompts (n,), and the true gap by topic (topics,)."""

    residual: np.ndarray
    topic: np.ndarray
    prompt: np.ndarray
    gap: np.ndarray


def topic_world(
    rng: np.random.Generator, *, topics: int = 40, biased: int = 8, size: int = 400, gap: float = 0.07
) -> TopicWorld:
    """`size` items a topic; in the first `biased` topics the judge favours a by `gap`, in the others not at all."""
    truth = np.where(np.arange(topics) < biased, gap, 0.0)
    topic = np.repeat(np.arange(topics), size)
    up = (1 - AGREES + truth[topic]) / 2
    drawn = rng.random(len(topic))
    residual = np.where(drawn < up, 1.0, np.where(drawn < 1 - AGREES, -1.0, 0.0))
    return TopicWorld(residual, topic, np.arange(len(topic)), truth)


def family_world(
    rng: np.random.Generator,
    *,
    size: int = 400,
    favour: float = 0.5,
    sharpness: tuple[float, ...] = (1.0, 1.0, 1.0),
    people: int = 2,
) -> tuple[list[Pair], list[Vote]]:
    """`size` pairs of four generators of different worth, three judges in both orders, and people; the first judge adds
    `favour` log-odds for its own family, the best generator's. The others have families too and no favour.
    """
    pairs, votes = [], []
    for number in range(size):
        left, right = rng.permutation(len(FAMILIES))[:2]
        item = f"item-{number:05d}"
        q = WORTH[left] - WORTH[right] + QUALITY * float(rng.standard_normal())
        pairs.append(
            Pair(item=item, cluster=f"prompt-{number // PAIRS_PER_PROMPT}", prompt="", a="", b="",
                 generator_a=f"{FAMILIES[left]}-1", generator_b=f"{FAMILIES[right]}-1")
        )  # fmt: skip
        for judge, kappa in enumerate(sharpness):
            own = float(left == judge) - float(right == judge)
            logit = kappa * q + (favour * own if judge == 0 else 0.0)
            for first in SIDES:
                label = "a" if rng.random() < _sigmoid(logit) else "b"
                votes.append(Vote(item=item, rater=f"{FAMILIES[judge]}-judge", kind="judge", label=label, first=first))
        for person in rng.permutation(20)[:people]:
            label = "a" if rng.random() < _sigmoid(q) else "b"
            votes.append(
                Vote(item=item, rater=f"person-{person}", kind="human", label=label, first=SIDES[rng.integers(2)])
            )
    return pairs, votes


@dataclass(frozen=True, slots=True)
class SureWorld:
    """A judge's probabilities (n,), a person's wins (n,), prompts (n,), and the true probabilities given the judge's (n,)."""

    said: np.ndarray
    came: np.ndarray
    prompt: np.ndarray
    true: np.ndarray


def sure_world(
    rng: np.random.Generator, *, size: int, confidence: float = 3.0, lean: float = 0.3, noise: float = 0.5
) -> SureWorld:
    """A judge that is `confidence` times as sure as it may be and leans to a by `lean` log-odds; `noise` is what people
    prefer for reasons that it does not see.
    """
    signal = QUALITY * rng.standard_normal(size)
    people = signal + noise * rng.standard_normal(size)
    # The mean of a logistic over normal noise is close to a flatter logistic (probit approximation).
    true = _sigmoid(signal / np.sqrt(1 + np.pi * noise**2 / 8))
    came = (rng.random(size) < _sigmoid(people)).astype(float)
    return SureWorld(_sigmoid(confidence * signal + lean), came, np.arange(size) // PAIRS_PER_PROMPT, true)


def version_world(
    rng: np.random.Generator, *, versions: int = 8, size: int = 120, mean: float = 0.03, slope: float = 0.0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Wins by judge and by people (size,) of each version; the judge's exceed people's by mean + slope·version.

    The policy itself gets no better for people; what it gains is the judge's.
    """
    found = []
    for version in range(versions):
        gap = mean + slope * version
        drawn, both = rng.random(size), rng.integers(2, size=size).astype(float)
        ahead, behind = drawn < (PARTED + gap) / 2, drawn > 1 - (PARTED - gap) / 2
        found.append(
            (np.where(ahead, 1.0, np.where(behind, 0.0, both)), np.where(ahead, 0.0, np.where(behind, 1.0, both)))
        )
    return found


def _sigmoid(logit: float | np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-np.asarray(logit)))
    return found
