"""Planted worlds for statistics: label quality, a bias that is not there, a position effect that is."""

from dataclasses import dataclass

import numpy as np

from flywheel.formats import pairs, votes
from flywheel.records import JSON, Pair, Vote
from flywheel.simulation.annotators import Side
from flywheel.simulation.judges import SimulatedJudge

Files = dict[str, JSON]

ANNOTATORS, GOLD_ITEMS = 40, 50
SKILL = (12.0, 4.0)  # Beta parameters of an honest annotator's accuracy
CARELESS_SHARE, ADVERSE_SHARE = 0.15, 0.05
ADVERSE_SKILL = 0.7  # who answers against the truth on purpose knows it at least this often
RATERS = 20  # people who answer in the two bias worlds
PAIRS_PER_PROMPT = 4
# Utility per standard deviation, its correlation with length, and log(words a / words b) per unit of x.
SPREAD, LENGTH_CORRELATION, RATIO_PER_X = 1.2, 0.4, 0.5
WORDS = 40
VOCABULARY = tuple("the order was sent and will reach you on a new day with our card note in this small box".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set in a world: items or tasks, human answers an item, and the judge's sharpness, position and length."""

    seed: int
    size: int
    overlap: int
    sharpness: float
    position: float
    length: float


def agreement(settings: Settings) -> Files:
    """Binary items and 40 annotators: honest ones with accuracy Beta(12, 4), 15 % careless, 5 % adverse; 50 known answers.

    Half of the careless answer at random, the other half say the same each time.
    """
    rng = np.random.default_rng([settings.seed, 6])
    truth = rng.integers(2, size=settings.size)
    chances, _ = confusions(rng)
    found = []
    for item, true in enumerate(truth):
        for rater in rng.permutation(ANNOTATORS)[: settings.overlap]:
            label = "b" if rng.random() < chances[rater, true] else "a"
            found.append(Vote(item=f"item-{item:05d}", rater=f"annotator-{rater:02d}", kind="human", label=label))
    for item in sorted(rng.permutation(settings.size)[:GOLD_ITEMS]):
        label = "ab"[truth[item]]
        found.append(Vote(item=f"item-{item:05d}", rater="gold", kind="human", label=label, gold=True))
    known = {f"annotator-{i:02d}": [round(float(value), 6) for value in row] for i, row in enumerate(chances)}
    return {
        "votes.jsonl": [votes.dump(vote) for vote in found],
        "truth.json": {
            "labels": {f"item-{item:05d}": "ab"[true] for item, true in enumerate(truth)},
            "says_b_given_a_or_b": known,
            "informativeness": {name: round(row[1] - row[0], 6) for name, row in known.items()},
        },
    }


def confusions(rng: np.random.Generator, careless_share: float = CARELESS_SHARE) -> tuple[np.ndarray, np.ndarray]:
    """P(says b | truth a), P(says b | truth b) of each annotator (40, 2), and who is careless or adverse (40,) bool."""
    skill = rng.beta(*SKILL, size=ANNOTATORS)
    chances = np.column_stack([1 - skill, skill])
    order = rng.permutation(ANNOTATORS)
    careless, adverse = round(careless_share * ANNOTATORS), round(ADVERSE_SHARE * ANNOTATORS)
    for place, rater in enumerate(order[:careless]):
        chances[rater] = 0.5 if place % 2 else rng.choice([0.03, 0.97])
    turned = order[careless : careless + adverse]
    knowing = np.maximum(skill[turned], ADVERSE_SKILL)
    chances[turned] = np.column_stack([knowing, 1 - knowing])
    return chances, np.isin(np.arange(ANNOTATORS), order[: careless + adverse])


def null_bias(settings: Settings) -> Files:
    """A judge without length bias in a world where length correlates 0.4 with quality; `length` plants one after all.

    Both q and x are standard normal within prompts of four pairs; people answer with sigmoid(q).
    """
    rng = np.random.default_rng([settings.seed, 7])
    x = rng.standard_normal(settings.size)
    noise = np.sqrt(1 - LENGTH_CORRELATION**2) * rng.standard_normal(settings.size)
    return _judged(settings, x, SPREAD * (LENGTH_CORRELATION * x + noise), rng)


def position(settings: Settings) -> Files:
    """A judge with log-odds of `position` for the side shown first, and answers of like length."""
    rng = np.random.default_rng([settings.seed, 8])
    return _judged(settings, np.zeros(settings.size), SPREAD * rng.standard_normal(settings.size), rng)


def _judged(settings: Settings, x: np.ndarray, q: np.ndarray, rng: np.random.Generator) -> Files:
    """Pairs with utility gap q and length x, `overlap` people on each and the judge in both orders."""
    # The judge's length bias is planted per unit of x, so it is turned into one per unit of the log ratio of words.
    judge = SimulatedJudge(
        name="judge@1",
        sharpness=settings.sharpness,
        position=settings.position,
        length=settings.length / RATIO_PER_X,
    )
    lengths = [_lengths(float(value)) for value in x]
    asked = [_pair(i, lengths[i], rng) for i in range(settings.size)]
    found = []
    for pair, gap, size in zip(asked, q, lengths, strict=True):
        found += _people(pair.item, float(gap), settings.overlap, rng)
        for verdict in judge.verdicts(pair.item, float(gap), size, rng):
            found.append(Vote(item=pair.item, rater=judge.name, kind="judge", label=verdict.label, first=verdict.first))
    shift = judge.expected_shift(q.tolist(), [float(np.log(a / b)) for a, b in lengths])
    planted = {"sharpness": settings.sharpness, "position": settings.position, "length": settings.length}
    return {
        "pairs.jsonl": [pairs.dump(pair) for pair in asked],
        "votes.jsonl": [votes.dump(vote) for vote in found],
        "truth.json": {
            "judge": planted | {"expected_position_shift": round(shift, 6)},
            "utility_gap": {pair.item: round(float(gap), 6) for pair, gap in zip(asked, q, strict=True)},
            "length": {pair.item: round(float(value), 6) for pair, value in zip(asked, x, strict=True)},
        },
    }


def _people(item: str, gap: float, overlap: int, rng: np.random.Generator) -> list[Vote]:
    found = []
    for rater in rng.permutation(RATERS)[:overlap]:
        first: Side = "a" if rng.random() < 0.5 else "b"
        label = "a" if rng.random() < 1 / (1 + np.exp(-gap)) else "b"
        found.append(Vote(item=item, rater=f"human-{rater:02d}", kind="human", label=label, first=first))
    return found


def _lengths(x: float) -> tuple[int, int]:
    half = RATIO_PER_X * x / 2
    return max(1, round(WORDS * float(np.exp(half)))), max(1, round(WORDS * float(np.exp(-half))))


def _pair(number: int, lengths: tuple[int, int], rng: np.random.Generator) -> Pair:
    a, b = (" ".join(VOCABULARY[i] for i in rng.integers(len(VOCABULARY), size=size)) for size in lengths)
    prompt = f"prompt-{number // PAIRS_PER_PROMPT:04d}"
    text = f"Question {number // PAIRS_PER_PROMPT}"
    return Pair(
        item=f"item-{number:05d}", cluster=prompt, prompt=text, a=a, b=b, generator_a="left@1", generator_b="right@1"
    )
