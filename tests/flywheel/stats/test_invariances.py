"""What must not matter does not: the order of rows, what people are called, which side is called a."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.records import Estimate, NotEnoughData, Vote
from flywheel.stats import aggregation, agreement, position, split_human
from flywheel.stats import votes as tables
from flywheel.stats.reports import agreement_report

OTHER = {"a": "b", "b": "a", "tie": "tie"}
few = settings(max_examples=40, deadline=None)


@st.composite
def ballots(draw: st.DrawFn) -> list[Vote]:
    """Votes of two to five people on some items, each at most once."""
    items, raters = draw(st.integers(6, 30)), draw(st.integers(2, 5))
    cells = draw(st.lists(st.sampled_from(["a", "b", "tie", None]), min_size=items * raters, max_size=items * raters))
    return [
        Vote(item=f"i{n // raters:02d}", rater=f"p{n % raters}", kind="human", label=label)
        for n, label in enumerate(cells)
        if label
    ]


def shuffled(votes: list[Vote], seed: int) -> list[Vote]:
    return [votes[place] for place in np.random.default_rng(seed).permutation(len(votes))]


def renamed(votes: list[Vote]) -> list[Vote]:
    return [replace(vote, rater=f"q{9 - int(vote.rater[1:])}") for vote in votes]


def turned(votes: list[Vote]) -> list[Vote]:
    return [replace(vote, label=OTHER[vote.label]) for vote in votes]


def coefficients(votes: list[Vote]) -> dict[str, float | None]:
    told = agreement_report(votes, rng=np.random.default_rng(0), draws=100)["humans"]
    return {name: one and one["value"] for name, one in told.items()}


def posteriors(votes: list[Vote], method: str) -> dict[str, dict[str, Any]]:
    return {str(row["item"]): row["posterior"] for row in aggregation.consensus_rows(votes, method)}


@few
@given(ballots(), st.integers(0, 99))
def test_agreement_is_the_same_in_any_order_under_any_names_and_with_sides_turned(votes, seed):
    plain = coefficients(votes)

    for other in (shuffled(votes, seed), renamed(votes), turned(votes)):
        assert coefficients(other) == pytest.approx(plain, abs=1e-9)


@few
@given(ballots(), st.integers(0, 99), st.sampled_from(["majority", "dawid-skene", "one-coin"]))
def test_consensus_is_the_same_in_any_order_under_any_names_and_turns_with_the_sides(votes, seed, method):
    if not votes:
        return
    plain = posteriors(votes, method)

    for other in (shuffled(votes, seed), renamed(votes)):
        found = posteriors(other, method)
        assert all(found[item] == pytest.approx(row, abs=1e-5) for item, row in plain.items())
    back = {
        item: {OTHER[label]: p for label, p in row.items()} for item, row in posteriors(turned(votes), method).items()
    }
    assert all(back[item] == pytest.approx(row, abs=1e-5) for item, row in plain.items())


labels = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("ab"), st.integers(0, 9)), min_size=4, max_size=60
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


def near(found: Estimate, wanted: Estimate) -> bool:
    return (found.value, found.low, found.high) == pytest.approx((wanted.value, wanted.low, wanted.high), abs=1e-9)


@few
@given(labels, st.integers(0, 99))
def test_position_is_the_same_in_any_order_and_with_sides_turned(rows, seed):
    first, second, groups = rows
    if len(set(groups)) < 2:
        return
    plain = position.both_orders(first, second, groups)
    order = np.random.default_rng(seed).permutation(len(first))
    # What was a is b: with a shown first becomes with b shown first.
    swapped = [np.array([OTHER[label] for label in side]) for side in (second, first)]

    moved, mirrored = (
        position.both_orders(first[order], second[order], groups[order]),
        position.both_orders(*swapped, groups),
    )

    for other in (moved, mirrored):
        assert near(other.shift_pp, plain.shift_pp) and other.verdict == plain.verdict
        assert other.p == pytest.approx(plain.p)
    backward = position.both_orders(second, first, groups)
    assert backward.shift_pp.value == pytest.approx(-plain.shift_pp.value)


@few
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_split_human_is_the_same_whoever_is_called_first_and_turns_with_the_sides(seed, raters):
    rng = np.random.default_rng(seed)
    x, q = rng.standard_normal((2, 80))
    people = (rng.random((80, raters)) < 1 / (1 + np.exp(-2 * q[:, None]))).astype(float)
    verdict, groups = (rng.random(80) < 1 / (1 + np.exp(-q))).astype(float), np.arange(80) // 2
    order = rng.permutation(80)

    def effect(people: np.ndarray, verdict: np.ndarray, x: np.ndarray, groups: np.ndarray) -> split_human.Fit:
        said = split_human.people(np.repeat(np.arange(80), raters), people.ravel(), 80)
        return split_human.fit(verdict, said, x[:, None], groups)

    plain = effect(people, verdict, x, groups)

    for other in (
        effect(people[:, ::-1], verdict, x, groups),
        effect(people[order], verdict[order], x[order], groups[order]),
        effect(1 - people, 1 - verdict, -x, groups),
    ):
        assert near(other.effect_pp[0], plain.effect_pp[0])
        assert other.first_stage == pytest.approx(plain.first_stage)


@few
@given(ballots(), st.integers(0, 99))
def test_the_mean_kappas_interval_is_the_same_in_any_order(votes, seed):
    def found(rows: list[Vote]) -> Estimate | None:
        table = tables.tabulate(rows)
        try:
            return agreement.mean_pairwise_kappa(
                table.item, table.rater, table.label, rng=np.random.default_rng(0), least_shared=5
            )
        except NotEnoughData:
            return None

    if not votes:
        return
    plain, other = found(votes), found(shuffled(votes, seed))
    assert (plain is None) == (other is None)
    assert plain is None or other is None or near(other, plain)
