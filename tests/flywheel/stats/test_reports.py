"""The report on raters: what it says, and what it says it cannot."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from flywheel.records import BadInput, Pair, Vote
from flywheel.stats.reports import agreement_report, bias_report


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def planted_votes(items: int = 150) -> Iterator[Vote]:
    """Three people right 85 % of the time, a judge that often takes the first side, and a steady one."""
    generator = np.random.default_rng(7)
    for item in range(items):
        truth = "ab"[generator.integers(2)]
        other = "b" if truth == "a" else "a"
        for person in ("ann", "ben", "cem"):
            label = truth if generator.random() < 0.85 else other
            yield Vote(item=f"i{item}", rater=person, kind="human", label=label, first="ab"[generator.integers(2)])
        for first in ("a", "b"):
            fond = first if generator.random() < 0.4 else truth
            yield Vote(item=f"i{item}", rater="fond", kind="judge", label=fond, first=first)
            yield Vote(item=f"i{item}", rater="steady", kind="judge", label=truth, first=first)


def numbers(value) -> Iterator[float]:
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from numbers(child)
    elif isinstance(value, float):
        yield value


def test_a_judge_fond_of_first_place_is_told_from_a_steady_one():
    report = bias_report(list(planted_votes()), rng=rng())

    fond, steady = report["judges"]["fond"], report["judges"]["steady"]
    assert fond["position"]["verdict"] == "biased"
    assert fond["position"]["shift_pp"]["value"] > 10
    assert steady["position"]["verdict"] == "no_material_bias"
    assert steady["position"]["swap_consistency"]["value"] == 1
    assert steady["agreement"]["kappa"]["value"] > fond["agreement"]["kappa"]["value"]
    assert report["humans"]["agreement"]["alpha"]["low"] < 0.49 < report["humans"]["agreement"]["alpha"]["high"]
    assert report["humans"]["position"]["verdict"] != "biased"
    assert report["disagreements"][0]["judges"]
    assert {gap["what"] for gap in report["not_possible"]} == {
        "features", "topics", "self-preference", "policy versions", "calibration of fond", "calibration of steady",
        "history of fond", "history of steady",
    }  # fmt: skip


def test_the_report_is_strict_json_without_nan():
    for votes in (list(planted_votes()), list(planted_votes(3)), []):
        report = bias_report(votes, rng=rng(), draws=200)

        assert json.loads(json.dumps(report, allow_nan=False)) == report
        assert all(np.isfinite(list(numbers(report))))


def test_missing_data_are_named_with_the_reason():
    humans = [Vote(item=f"i{i}", rater="ann", kind="human", label="a") for i in range(20)]
    judges = [Vote(item=f"i{i}", rater="j", kind="judge", label="a", first="a") for i in range(20)]

    report = bias_report(humans + judges, rng=rng())

    why = {gap["what"]: gap["why"] for gap in report["not_possible"]}
    assert "two ratings" in why["alpha of humans"]
    assert "order" in why["position of j"]
    assert "one label" in why["kappa of j with humans"]
    assert report["judges"]["j"]["agreement"]["raw"]["value"] == 1
    assert {gap["what"] for gap in bias_report([], rng=rng())["not_possible"]} == {"humans", "judges"}


def test_repeats_and_known_answers_are_no_votes():
    votes = list(planted_votes(40))
    repeats = [Vote(item="i1", rater="ann", kind="human", label="b", round=1)]
    gold = [Vote(item=f"i{i}", rater="gold", kind="human", label="a", gold=True) for i in range(40)]

    plain, more = (bias_report(rows, rng=rng(), draws=200) for rows in (votes, votes + repeats + gold))

    assert plain["humans"] == more["humans"]
    assert more["judges"]["steady"]["gold"]["n"] == 40


def test_a_second_vote_and_an_unknown_item_are_refused_in_one_sentence():
    vote = Vote(item="i1", rater="ann", kind="human", label="a")
    pair = Pair(item="other", cluster="c", prompt="q", a="x", b="y")

    with pytest.raises(BadInput, match="ann voted twice on item i1"):
        bias_report([vote, vote], rng=rng())
    with pytest.raises(BadInput, match="item i1, which the pairs lack"):
        bias_report([vote], [pair], rng=rng())


def test_numeric_labels_take_other_metrics_and_words_do_not():
    generator = np.random.default_rng(1)
    grades = [
        Vote(item=str(i), rater=r, kind="human", label=str(int(np.clip(i % 5 + generator.integers(-1, 2), 1, 5))))
        for i in range(100)
        for r in "xy"
    ]

    nominal, interval = (agreement_report(grades, rng=rng(), metric=metric) for metric in ("nominal", "interval"))

    assert interval["humans"]["alpha"]["value"] > nominal["humans"]["alpha"]["value"]
    with pytest.raises(BadInput, match="numbers"):
        agreement_report(list(planted_votes(10)), rng=rng(), metric="interval")
