"""Whole reports: the order of rows changes nothing, turned sides mirror them, and other names change names only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from flywheel.records import Pair, Vote
from flywheel.stats.aggregation import consensus_rows
from flywheel.stats.annotator_report import annotators_report
from flywheel.stats.comparisons import replacement_report, win_rate_report
from flywheel.stats.policy_report import policies_report
from flywheel.stats.ranking_report import ranking_report
from flywheel.stats.reports import agreement_report, bias_report
from tests.flywheel.commands import garbage

Path = tuple[str, ...]
Report = Callable[[Sequence[Vote], Sequence[Pair]], Any]

OTHER = {"a": "b", "b": "a", None: None}
NAMES = {"x": "r9", "y": "r8", "z": "r7"}
# A bootstrap draws kinds of items, and a posterior is drawn person by person, in an order that labels and names make.
RESAMPLED = {"alpha", "mean_pairwise_kappa", "ac1", "kappa"}
NOISE = 2.0  # of bounds on a handful of items there is nothing to hold but that they are there
SAMPLED = 0.1
SEARCHED = 1e-3  # the model of hidden quality is found by a search
# Worlds are made from seeds, so there is nothing to shrink.
few = settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
MOMENTS = (None, "2026-01-05T09:00:00Z", "2026-01-05T09:30:00Z", "2026-02-05T09:00:00Z")
seeds = st.integers(0, 999)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


REPORTS: dict[str, Report] = {
    "agreement": lambda votes, pairs: agreement_report(votes, pairs, rng=rng(), draws=100),
    "bias": lambda votes, pairs: bias_report(votes, pairs, rng=rng(), draws=100),
    "annotators": lambda votes, pairs: annotators_report(votes, pairs, rng=rng()),
    "rank": ranking_report,
    "alt-test": lambda votes, pairs: replacement_report(votes, epsilon=0.15),
    "win-rate of a": win_rate_report,
    "win-rate of each": policies_report,
    "aggregate": lambda votes, pairs: consensus_rows(votes, "dawid-skene"),
}


def world(seed: int) -> tuple[list[Vote], list[Pair]]:
    """A world with a tenth of its votes gone, and times that many votes share or lack."""
    votes, pairs = garbage.world(104, seed)
    kept = np.random.default_rng(seed).random(len(votes)) < 0.9
    shared, step = MOMENTS[seed % len(MOMENTS)], 2 + seed % 4
    changed = [vote | {"at": shared} if place % step == 0 else vote for place, vote in enumerate(votes)]
    parsed = [vote_format.parse(vote) for vote, keep in zip(changed, kept, strict=True) if keep]
    return parsed, [pair_format.parse(pair) for pair in pairs]


def shuffled(rows: Sequence[Any], seed: int) -> list[Any]:
    return [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))]


def turned(votes: Sequence[Vote], pairs: Sequence[Pair]) -> tuple[list[Vote], list[Pair]]:
    """What was side a is side b."""
    return [
        replace(
            vote,
            label=OTHER.get(vote.label, vote.label),
            first=OTHER[vote.first],
            probability=None if vote.probability is None else 1 - vote.probability,
        )
        for vote in votes
    ], [
        replace(
            pair,
            a=pair.b,
            b=pair.a,
            generator_a=pair.generator_b,
            generator_b=pair.generator_a,
            features={name: -value for name, value in pair.features.items()},
        )
        for pair in pairs
    ]


def back(found: Any) -> Any:
    """A report with labels a and b exchanged, as keys and as values."""
    if isinstance(found, dict):
        return {OTHER.get(key, key): back(value) for key, value in found.items()}
    if isinstance(found, list):
        return [back(value) for value in found]
    return OTHER.get(found, found) if isinstance(found, str) else found


def renamed(found: Any) -> Any:
    """A report with new names, as keys, as values and in sentences, whose words are sorted as names stand in order there."""
    if isinstance(found, dict):
        return {NAMES.get(key, key): renamed(value) for key, value in found.items()}
    if isinstance(found, list):
        return [renamed(value) for value in found]
    return (
        sorted(NAMES.get(word, word) for word in found.replace(",", "").split(" ")) if isinstance(found, str) else found
    )


def leaves(found: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All that is neither a list nor an object, by its path."""
    if not isinstance(found, dict | list):
        yield path, found
        return
    for key, value in found.items() if isinstance(found, dict) else enumerate(found):
        yield from leaves(value, (*path, str(key)))


def differences(
    found: Any, wanted: Any, but: Callable[[Path], bool] = lambda path: False
) -> list[tuple[Path, Any, Any]]:
    """Where two reports differ by more than noise of floating point, or NOISE `but` for numbers that are drawn anew."""
    ours, theirs = dict(leaves(found)), dict(leaves(wanted))
    return [
        (path, ours.get(path), theirs.get(path))
        for path in ours.keys() | theirs.keys()
        if ours.get(path) != pytest.approx(theirs.get(path), rel=1e-9, abs=_noise(path, but))
    ]


def _noise(path: Path, but: Callable[[Path], bool]) -> float:
    if but(path):
        return SAMPLED if "quality" in path else NOISE
    return SEARCHED if path[-1].startswith("latent") else 1e-9


def is_of_draws(path: Path) -> bool:
    """Whether a number is of draws that follow the order of labels or names: a posterior, or bounds of a bootstrap."""
    return "quality" in path or (bool(RESAMPLED & set(path)) and path[-1] in ("low", "high"))


@pytest.mark.parametrize("name", REPORTS)
@few
@given(seed=seeds)
def test_the_order_of_votes_and_pairs_changes_no_number(name, seed):
    votes, pairs = world(seed)

    found = REPORTS[name](shuffled(votes, seed), shuffled(pairs, seed + 1))

    assert differences(found, REPORTS[name](votes, pairs)) == []


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "win-rate of a"])
@few
@given(seed=seeds)
def test_turned_sides_mirror_the_report(name, seed):
    found, plain = (REPORTS[name](*sides) for sides in (turned(*world(seed)), world(seed)))

    for judge in (*found["judges"].values(), *plain["judges"].values()) if name == "bias" else ():
        judge.pop("calibration")  # its bins are cut from the lowest probability on
    assert differences(back(found), plain, is_of_draws) == []


@few
@given(seed=seeds)
def test_turned_sides_turn_the_win_rate_of_a(seed):
    found, plain = (win_rate_report(*sides) for sides in (turned(*world(seed)), world(seed)))

    for mirrored, rate in zip(_rates(found), _rates(plain), strict=True):
        assert (1 - mirrored["value"], 1 - mirrored["high"], 1 - mirrored["low"]) == pytest.approx(
            (rate["value"], rate["low"], rate["high"])
        )


def _rates(found: dict[str, Any]) -> list[dict[str, float]]:
    of_judges = [judge[name] for judge in found["judges"].values() for name in ("win_rate", "judge_alone")]
    return [found["humans"], *of_judges]


@pytest.mark.parametrize("name", REPORTS)
@few
@given(seed=seeds)
def test_other_names_of_people_change_names_only(name, seed):
    votes, pairs = world(seed)

    found = REPORTS[name]([replace(vote, rater=NAMES.get(vote.rater, vote.rater)) for vote in votes], pairs)

    assert differences(renamed(found), renamed(REPORTS[name](votes, pairs)), is_of_draws) == []
