"""Whose doing a disagreement looks like: planted judges, people and items, reasons, and what one person cannot tell."""

import json
from collections import Counter

import numpy as np
import pytest

from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from flywheel.records import Pair, Vote
from flywheel.simulation import planted, worlds
from flywheel.stats import disagreements
from flywheel.stats.reports import agreement_report, bias_report
from flywheel.stats.sections import Setting


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def person(item: str, rater: str, label: str) -> Vote:
    return Vote(item=item, rater=rater, kind="human", label=label)


def verdicts(item: str, with_a_first: str, with_b_first: str) -> list[Vote]:
    return [
        Vote(item=item, rater="j", kind="judge", label=with_a_first, first="a"),
        Vote(item=item, rater="j", kind="judge", label=with_b_first, first="b"),
    ]


def pairs_of(votes: list[Vote]) -> list[Pair]:
    return [Pair(item=item, cluster=item, prompt="q", a="x", b="y") for item in sorted({vote.item for vote in votes})]


def world(people: int) -> tuple[list[Vote], list[Pair], set[str], set[str]]:
    """Items, a third of which people cannot tell, and a judge that is wrong on a fifth of the others.

    Besides the votes and pairs, the items that are ambiguous and those on which the judge is wrong.
    """
    generator, votes, pairs = rng(3), [], []
    ambiguous, wronged = set(), set()
    for number in range(600):
        item, truth, other = f"i{number:03}", *(("a", "b") if generator.random() < 0.5 else ("b", "a"))
        pairs.append(Pair(item=item, cluster=f"p{number // 2}", prompt="q", a="x", b="y"))
        if generator.random() < 1 / 3:
            ambiguous.add(item)
        elif generator.random() < 0.2:
            wronged.add(item)
        right = 0.5 if item in ambiguous else 0.95
        votes += [
            person(item, f"p{who}", truth if generator.random() < right else other)
            for who in generator.permutation(10)[:people]
        ]
        said = other if item in wronged else truth
        votes += verdicts(item, said, said)
    return votes, pairs, ambiguous, wronged


@pytest.mark.parametrize("people", [2, 3, 5])
def test_planted_doubt_is_the_items_and_planted_error_the_judges(people):
    votes, pairs, ambiguous, wronged = world(people)

    report = agreement_report(votes, pairs, rng=rng(), draws=100)

    kinds = {row["item"]: row["kind"] for row in report["disagreements"]}
    said: dict[str, set[str]] = {}
    for vote in votes:
        if vote.kind == "human":
            said.setdefault(vote.item, set()).add(vote.label)
    of_doubt = Counter(kinds[item] for item in ambiguous if len(said[item]) > 1)
    of_error = Counter(kinds.get(item) for item in wronged)
    assert of_doubt["ambiguous"] / of_doubt.total() >= 0.6
    assert of_error["judge"] / of_error.total() >= 0.85
    told = report["disagreement_kinds"]
    assert report["disagreement_count"] == sum(told[kind]["count"] for kind in disagreements.KINDS)
    assert told["judge"]["share"]["n"] == 600 and told["judge"]["share"]["low"] < told["judge"]["count"] / 600
    assert told["by_judge"]["j"]["count"] == told["judge"]["count"]


def one_item(said: str, judge: list[Vote], gold: dict[str, str] | None = None, **more) -> dict:
    """The disagreement on one item among forty on which three people and the judge agree."""
    votes, by_judge = [], list(judge)
    for number in range(40):
        label = "ab"[number % 2]
        votes += [person(f"easy{number}", f"p{who}", label) for who in range(3)]
        by_judge += verdicts(f"easy{number}", label, label)
    votes += [person("x", f"p{who}", label) for who, label in enumerate(said)]
    found = disagreements.told(
        votes, {"j": by_judge}, gold or {}, more.get("pairs", {}), more.get("sways", {}), Setting({}, rng(), 100)
    )
    assert found["disagreement_count"] == 1
    [row] = found["disagreements"]
    return row


def test_the_kinds_by_hand():
    split = one_item("ab", [])
    judged = one_item("aaa", verdicts("x", "b", "b"))
    person_against = one_item("aaab", verdicts("x", "a", "a"))
    both_against = one_item("aaab", verdicts("x", "b", "b"))
    two_to_one = one_item("aab", verdicts("x", "b", "b"))
    alone = one_item("a", verdicts("x", "b", "b"))
    known = one_item("a", verdicts("x", "b", "b"), {"x": "b"})

    assert [row["kind"] for row in (split, judged, person_against, both_against, two_to_one, alone, known)] == [
        "ambiguous", "judge", "annotator", "judge", "ambiguous", "too_few", "annotator"
    ]  # fmt: skip
    assert judged["judges"] == {"j": "b"} and judged["consensus"] == "a" and judged["posterior"] >= 0.9
    assert person_against["people"] == both_against["people"] == {"p3": "b"} and not person_against["judges"]
    assert known["people"] == {"p0": "a"} and not known["judges"]
    assert split["people"] == {} and split["majority"] == "tie" and two_to_one["judges"] == {"j": "b"}


def test_a_judge_has_the_reasons_that_the_pair_bears_out():
    long, short = "word " * 40, "word"
    sways = {"j": {"verbosity": 8.0, "lists": 4.0}}

    def reasons(judge: list[Vote], a: str, b: str) -> list[str]:
        pair = Pair(item="x", cluster="x", prompt="q", a=a, b=b)
        return one_item("aaa", judge, pairs={"x": pair}, sways=sways)["reasons"]["j"]

    assert reasons(verdicts("x", "b", "b"), short, long) == ["verbosity"]
    assert reasons(verdicts("x", "b", "b"), long, short) == []
    assert reasons(verdicts("x", "a", "b"), short, long) == ["contradicts_itself", "verbosity"]
    assert reasons(verdicts("x", "both_bad", "both_bad"), short, long) == ["verbosity"]


def test_a_tie_and_both_bad_are_no_disagreement_with_a_judge():
    assert not disagreements.told(
        [person("x", f"p{who}", "tie") for who in range(3)], {"j": verdicts("x", "both_bad", "both_bad")}, {}, {}, {},
        Setting({}, rng()),
    )["disagreements"]  # fmt: skip


def test_a_judge_that_length_sways_is_told_so_in_both_reports():
    settings = worlds.settings("null-bias", seed=1, size=1500, overlap=5, length=1.2)
    files = planted.null_bias(settings)
    votes = [vote_format.parse(row) for row in files["votes.jsonl"]]
    pairs = [pair_format.parse(row) for row in files["pairs.jsonl"]]

    by_agreement, by_bias = (report(votes, pairs, rng=rng(), draws=100) for report in (agreement_report, bias_report))

    longer = {pair.item: "a" if len(pair.a.split()) > len(pair.b.split()) else "b" for pair in pairs}
    swayed = [row for row in by_agreement["disagreements"] if "verbosity" in row["reasons"].get("judge@1", [])]
    assert len(swayed) > 20
    assert all(row["kind"] == "judge" and row["consensus"] != longer[row["item"]] for row in swayed)
    assert by_bias["disagreements"] == by_agreement["disagreements"]
    assert by_bias["disagreement_kinds"] == by_agreement["disagreement_kinds"]


def test_of_each_kind_only_the_first_are_listed_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(disagreements, "LISTED", 10)
    votes, pairs, *_ = world(2)

    report = agreement_report(votes, pairs, rng=rng(), draws=100)

    listed = Counter(row["kind"] for row in report["disagreements"])
    assert listed == {"judge": 10, "ambiguous": 10} and report["disagreement_kinds"]["ambiguous"]["count"] > 50
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_free_labels_have_disagreements_without_reasons():
    votes = [person(f"i{k}", who, "red" if k % 2 or who == "p" else "blue") for k in range(40) for who in "pqr"]
    pairs = [Pair(item=f"i{k}", cluster=f"i{k}", prompt="", a="", b="") for k in range(40)]

    report = agreement_report(votes, pairs, rng=rng(), draws=100)

    assert report["disagreement_count"] == 20 and not any(row["reasons"] for row in report["disagreements"])


def test_people_who_agree_are_divided_over_nothing_but_may_be_too_few_to_be_sure():
    divided = [person("i0", "p1", "a"), person("i0", "p2", "b")]
    careless = [person(f"i{n}", f"p{1 + n % 3}", "ab"[n % 2]) for n in range(2, 30)]
    votes = [*divided, person("i1", "p1", "b"), person("i1", "p2", "b"), *careless, *verdicts("i1", "a", "a")]

    found = {
        row["item"]: row["kind"]
        for row in agreement_report(votes, pairs_of(votes), rng=rng(), draws=100)["disagreements"]
    }

    assert (found["i0"], found["i1"]) == ("ambiguous", "too_few")


def test_a_known_answer_is_not_told_as_what_people_come_to():
    known = Vote(item="i0", rater="gold", kind="human", label="a", gold=True)
    votes = [known, person("i0", "p1", "b"), *verdicts("i0", "b", "b")]

    (row,) = agreement_report(votes, pairs_of(votes), rng=rng(), draws=100)["disagreements"]

    assert (row["kind"], row["consensus"], row["is_known"]) == ("judge", "a", True)
