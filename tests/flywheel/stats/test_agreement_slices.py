"""Agreement by queue, topic and policies, and over time: planted groups, reasons for what is lacking, strict JSON."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flywheel.records import BadInput, NotEnoughData, Pair, Vote
from flywheel.stats.periods import periods
from flywheel.stats.reports import agreement_report

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HARD = "returns"


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def world(items: int = 600, apart: timedelta = timedelta(hours=6)) -> tuple[list[Vote], list[Pair]]:
    """Pairs of people right 95 % of the time, on returns only 60 %; a judge right 90 %, blind in the second queue."""
    generator, votes, pairs = rng(5), [], []
    for number in range(items):
        item, topic, queue = f"i{number}", ("orders", HARD, "cards")[number % 3], ("one", "two")[number // 6 % 2]
        pairs.append(
            Pair(item=item, cluster=f"p{number // 2}", prompt="q", a="x", b="y", topic=topic, queue=queue,
                 generator_a="m@1", generator_b="m@2" if number % 4 else "m@3")
        )  # fmt: skip
        truth, other = ("a", "b") if generator.random() < 0.5 else ("b", "a")
        for person in generator.permutation(6)[:2]:
            right = generator.random() < (0.6 if topic == HARD else 0.95)
            at = START + number * apart
            votes.append(Vote(item=item, rater=f"p{person}", kind="human", label=truth if right else other, at=at))
        sees = queue == "one" and generator.random() < 0.9
        for first in ("a", "b"):
            votes.append(Vote(item=item, rater="j", kind="judge", label=truth if sees else first, first=first))
    return votes, pairs


def test_groups_that_agree_less_are_named_and_no_others():
    report = agreement_report(*world(), rng=rng(), draws=200)

    less = {
        (kind, group, rater)
        for kind, groups in report["slices"].items()
        for group, one in groups.items()
        for rater, figures in {"humans": one["humans"], **one["judges"]}.items()
        if figures["against_rest"]["verdict"] == "agrees_less"
    }
    assert {("topic", HARD, "humans"), ("queue", "two", "j")} <= less
    assert less <= {("topic", HARD, "humans"), ("queue", "two", "j"), ("topic", HARD, "j")}


def test_a_groups_figures_are_those_of_its_items_alone():
    votes, pairs = world()
    inside = {pair.item for pair in pairs if pair.topic == HARD}

    whole = agreement_report(votes, pairs, rng=rng(), draws=200)["slices"]["topic"][HARD]
    alone = agreement_report([vote for vote in votes if vote.item in inside], pairs, rng=rng(), draws=200)

    assert whole["humans"]["alpha"]["n"] == whole["humans"]["items"] == 200
    for name, of, beside in (
        ("alpha", whole["humans"], alone["humans"]),
        ("raw", whole["humans"], alone["humans"]),
        ("kappa", whole["judges"]["j"], alone["judges"]["j"]),
        ("raw", whole["judges"]["j"], alone["judges"]["j"]),
    ):
        assert of[name]["value"] == pytest.approx(beside[name]["value"])
        assert of[name]["low"] == pytest.approx(beside[name]["low"], abs=0.05)


def test_periods_are_blocks_days_weeks_or_months_by_the_span():
    def unit(apart: timedelta, items: int = 90) -> tuple[str, list[str], int]:
        kind, found = periods({f"i{k}": START + k * apart for k in range(items)})
        return kind, [one.label for one in found[:2]], sum(len(one.items) for one in found)

    assert unit(timedelta(minutes=5)) == ("block", ["block 1", "block 2"], 90)
    assert unit(timedelta(hours=5)) == ("day", ["2026-03-02", "2026-03-03"], 90)
    assert unit(timedelta(days=1)) == ("week", ["2026-W10", "2026-W11"], 90)
    assert unit(timedelta(days=9)) == ("month", ["2026-03", "2026-04"], 90)
    with pytest.raises(NotEnoughData, match="one day: 59 given"):
        unit(timedelta(0), 59)


def test_an_item_counts_when_its_last_answer_came_and_agreement_is_followed():
    votes, pairs = world(apart=timedelta(hours=12))

    time = agreement_report(votes, pairs, rng=rng(), draws=200)["time"]

    assert time["unit"] == "month" and [one["label"] for one in time["periods"][:2]] == ["2026-03", "2026-04"]
    assert sum(one["humans"]["items"] for one in time["periods"]) == 600
    assert all(one["from"] <= one["to"] and one["judges"]["j"]["kappa"] for one in time["periods"])


def test_what_is_lacking_is_told_once_and_the_report_is_strict_json():
    votes, pairs = world(60)
    bare = [Pair(item=pair.item, cluster=pair.cluster, prompt="q", a="x", b="y") for pair in pairs]
    small = [
        Vote(item=vote.item, rater=vote.rater, kind=vote.kind, label="a") for vote in votes if vote.kind == "human"
    ]

    few = agreement_report(votes, pairs, rng=rng(), draws=200)
    none = agreement_report(votes, bare, rng=rng(), draws=200)
    same = agreement_report(small, pairs, rng=rng(), draws=200)

    assert few["slices"]["topic"][HARD]["humans"]["against_rest"] is None
    assert {"what": "humans beside the rest by topic: cards, orders, returns",
            "why": "30 items of 10 prompts are needed inside the group and outside it."} in few["not_possible"]  # fmt: skip
    assert none["slices"] == {"queue": {}, "topic": {}, "policies": {}}
    assert {"agreement by queue", "agreement by topic", "agreement by policies"} <= {
        gap["what"] for gap in none["not_possible"]
    }
    assert "agreement over time" in {gap["what"] for gap in same["not_possible"]} and same["time"] is None
    assert any(gap["what"] == "alpha of humans by topic: cards, orders, returns" for gap in same["not_possible"])
    for report in (few, none, same, agreement_report([], pairs, rng=rng())):
        assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_pairs_have_to_hold_every_item_and_a_judge_alone_is_no_group():
    votes, pairs = world(60)

    with pytest.raises(BadInput, match="which the pairs lack"):
        agreement_report(votes, pairs[1:], rng=rng())
    alone = agreement_report([vote for vote in votes if vote.kind == "judge"], pairs, rng=rng())
    assert "slices" not in alone and {gap["what"] for gap in alone["not_possible"]} >= {"humans"}
