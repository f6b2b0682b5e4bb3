"""Planted crowds as arrays, for replication: careless and adverse people, rankings, habits, and people who tire."""

from dataclasses import dataclass

import numpy as np

from flywheel.simulation import planted
from flywheel.stats.hidden_quality import Answers
from flywheel.stats.rankings import LEFT, RIGHT, Comparisons
from flywheel.stats.votes import MISSING, VoteTable

CLEVER = (18.0, 2.0)  # Beta parameters of an honest ranker's chance to report what was seen
SPREAD = 1.5  # deviation of strengths, in logits: two things at random meet at odds of five to one
RANKED_FIRST = 0.97  # chance that someone who does not look takes the side shown first


@dataclass(frozen=True, slots=True)
class Crowd:
    """Votes, the truth (items,), known answers (items,) and MISSING elsewhere, everybody's J (raters,), and who was
    planted as careless or adverse (raters,) bool.
    """

    table: VoteTable
    truth: np.ndarray
    known: np.ndarray
    informativeness: np.ndarray
    is_planted: np.ndarray


def crowd(
    rng: np.random.Generator, *, items: int = 1000, labels: int = 5, careless: float = 0.15, gold: int = 50
) -> Crowd:
    """The world `agreement` as arrays: 40 people of whom some are careless (random or one-sided) and 5 % adverse."""
    truth = rng.integers(2, size=items)
    chances, is_planted = planted.confusions(rng, careless)
    rater = rng.random((items, len(chances))).argsort(axis=1)[:, :labels].ravel()
    item = np.arange(items).repeat(labels)
    label = (rng.random(len(item)) < chances[rater, truth[item]]).astype(int)
    known = np.full(items, MISSING)
    known[:gold] = truth[:gold]
    names = [tuple(f"{what}-{n:05d}" for n in range(size)) for what, size in (("item", items), ("p", len(chances)))]
    none = np.full(len(item), MISSING)
    table = VoteTable(names[0], names[1], ("a", "b"), item, rater, label, none, np.ones(len(item)))
    return Crowd(table, truth, known, chances[:, 1] - chances[:, 0], is_planted)


@dataclass(frozen=True, slots=True)
class League:
    """Comparisons of things with these true strengths (m,), by people of whom some do not look (raters,) bool."""

    answers: Comparisons
    strength: np.ndarray
    is_spammer: np.ndarray


def league(
    rng: np.random.Generator,
    *,
    things: int = 30,
    people: int = 20,
    pairs: int = 60,
    spammers: float = 0.2,
    spread: float = SPREAD,
) -> League:
    """Each person compares `pairs` random pairs; half of the spammers answer at random, half take the first side."""
    strength = spread * rng.standard_normal(things)
    competence = rng.beta(*CLEVER, size=people)
    is_spammer = rng.permutation(people) < round(spammers * people)
    takes_first = is_spammer & (np.cumsum(is_spammer) % 2 == 0)
    rater = np.arange(people).repeat(pairs)
    left, right = rng.random((len(rater), things)).argsort(axis=1)[:, :2].T
    pos = rng.choice([-1.0, 1.0], size=len(rater))
    chance = 1 / (1 + np.exp(strength[right] - strength[left]))
    chance = competence[rater] * chance + (1 - competence[rater]) * (1 - chance)
    chance = np.where(is_spammer[rater], 0.5, chance)
    chance = np.where(takes_first[rater], np.where(pos > 0, RANKED_FIRST, 1 - RANKED_FIRST), chance)
    choice = np.where(rng.random(len(rater)) < chance, LEFT, RIGHT)
    return League(Comparisons(left, right, choice, rater, pos, np.ones(len(rater))), strength, is_spammer)


@dataclass(frozen=True, slots=True)
class Habits:
    """Answers on pairs with one standard normal feature (n, 1) and prompts (n,), and the true effects in points of the
    feature and of first place on each person (raters,).
    """

    answers: Answers
    features: np.ndarray
    prompt: np.ndarray
    length_pp: np.ndarray
    position_pp: np.ndarray


def habits(
    rng: np.random.Generator, *, length: np.ndarray, position: np.ndarray, items: int = 1500, labels: int = 3
) -> Habits:
    """People whose log-odds for a move by `length` (raters,) times the feature and `position` (raters,) for first place.

    Utility gaps correlate 0.4 with the feature; people see them with sharpness 0.7 to 1.3. Prompts have four pairs.
    """
    people = len(length)
    x = rng.standard_normal(items)
    q = planted.SPREAD * (
        planted.LENGTH_CORRELATION * x + np.sqrt(1 - planted.LENGTH_CORRELATION**2) * rng.standard_normal(items)
    )
    rater = rng.random((items, people)).argsort(axis=1)[:, :labels].ravel()
    item, sharpness = np.arange(items).repeat(labels), rng.uniform(0.7, 1.3, people)
    pos = rng.choice([-1.0, 1.0], size=len(item))
    base = sharpness[rater] * q[item] + length[rater] * x[item]
    wins = (rng.random(len(item)) < _share(base + position[rater] * pos)).astype(float)
    held, half = base + position[rater] * pos, length[rater] / 2
    longer = np.bincount(rater, _share(held + half) - _share(held - half), people)
    first = np.bincount(rater, _share(base + position[rater]) - _share(base - position[rater]), people) / 2
    given = np.bincount(rater, minlength=people)
    answers = Answers(item, rater, wins, pos, np.ones(len(item)))
    prompt = np.arange(items) // planted.PAIRS_PER_PROMPT
    return Habits(answers, x[:, None], prompt, 100 * longer / given, 100 * first / given)


def _share(logit: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-logit))
    return found


@dataclass(frozen=True, slots=True)
class Sittings:
    """Answers (m,) to binary items in sittings: codes of item, rater and sitting, label, place in the sitting from 0,
    and seconds.
    """

    item: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    sitting: np.ndarray
    place: np.ndarray
    seconds: np.ndarray


def sittings(
    rng: np.random.Generator,
    *,
    people: int = 20,
    each: int = 200,
    length: int = 50,
    fall: float = 0.1,
    start: float = 0.85,
) -> Sittings:
    """Everybody answers `each` items in sittings of `length`, three to an item, right with a chance that falls evenly by
    `fall` from the first answer of a sitting to the last, and ever faster.
    """
    items = people * each // 3
    truth = rng.integers(2, size=items)
    rater = rng.random((items, people)).argsort(axis=1)[:, :3].ravel()
    item = np.arange(items).repeat(3)
    order = np.lexsort((rng.random(len(item)), rater))
    item, rater = item[order], rater[order]
    number = np.arange(len(item)) - np.searchsorted(rater, rater)
    place = number % length
    right = rng.random(len(item)) < start - fall * place / (length - 1)
    seconds = np.exp(rng.normal(3, 0.5, len(item)) - place / length)
    return Sittings(
        item, rater, np.where(right, truth[item], 1 - truth[item]), rater * items + number // length, place, seconds
    )


@dataclass(frozen=True, slots=True)
class Tenures:
    """Answers (m,) to binary items in order of time: codes of item and rater, label, and when in items since the start."""

    item: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    when: np.ndarray


def tenures(
    rng: np.random.Generator,
    *,
    people: int = 10,
    each: int = 300,
    labels: int = 3,
    start: float = 0.9,
    harder: float = 0.1,
    falls: np.ndarray | None = None,
) -> Tenures:
    """People who answer from first to last but one, who joins halfway, right with chance `start` at first.

    Items get `harder` for everybody as time goes on; from the middle on each person's chance is lower by `falls` (people,).
    """
    items = people * each // labels
    truth, number = rng.integers(2, size=items), np.arange(items)
    wish = rng.random((items, people))
    wish[: items // 2, -1] = 2.0  # has not joined yet
    rater, item = wish.argsort(axis=1)[:, :labels].ravel(), number.repeat(labels)
    fall = np.zeros(people) if falls is None else falls
    chance = start - harder * item / items - np.where(item >= items // 2, fall[rater], 0.0)
    right = rng.random(len(item)) < chance
    return Tenures(item, rater, np.where(right, truth[item], 1 - truth[item]), item + rng.random(len(item)))
