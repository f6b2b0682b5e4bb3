"""`alt-test`, `win-rate` and the new parts of `bias` on files: what they say, and what they say they cannot."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flywheel.__main__ import main
from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from flywheel.records import Pair, Vote
from flywheel.simulation.judge_worlds import family_world
from flywheel.stats.reports import bias_report

Run = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def world() -> tuple[list[Pair], list[Vote]]:
    """Pairs on two topics; judges say a probability, and only a quarter of the items were asked of people."""
    rng = np.random.default_rng(5)
    pairs, votes = family_world(rng, size=400, favour=0.5)
    told = [replace(pair, topic=("refunds", "orders")[k % 2]) for k, pair in enumerate(pairs)]
    sure = {"a": 0.8, "b": 0.3}
    kept = [
        replace(vote, probability=sure[vote.label]) if vote.kind == "judge" else vote
        for vote in votes
        if vote.kind == "judge" or int(vote.item[-5:]) < 200
    ]
    return told, kept


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Write votes and pairs as files, run a command on them, and give back its code and what it printed."""

    def call(
        command: str, votes: Sequence[Vote], pairs: Sequence[Pair] | None = None, *options: str
    ) -> tuple[int, Any]:
        said, texts = tmp_path / "votes.jsonl", tmp_path / "pairs.jsonl"
        said.write_text("\n".join(json.dumps(vote_format.dump(vote)) for vote in votes))
        given = [str(said)] if command == "alt-test" else ["--votes", str(said)]
        if pairs is not None:
            texts.write_text("\n".join(json.dumps(pair_format.dump(pair)) for pair in pairs))
            given += ["--pairs", str(texts)]
        code = main([command, *given, *options])
        printed = capsys.readouterr()
        if code:
            return code, printed.err
        return code, json.loads(printed.out) if "--json" in options else printed.out

    return call


def three_people(items: int = 60) -> list[Vote]:
    rng = np.random.default_rng(6)
    found = []
    for item in range(items):
        truth = rng.integers(2)
        for who, right in {"ann": 0.8, "ben": 0.8, "cem": 0.8}.items():
            said = "ab"[truth if rng.random() < right else 1 - truth]
            found.append(Vote(item=f"i{item}", rater=who, kind="human", label=said))
        good, bad = "ab"[truth if rng.random() < 0.95 else 1 - truth], "ab"[rng.integers(2)]
        found.append(Vote(item=f"i{item}", rater="good", kind="judge", label=good))
        found.append(Vote(item=f"i{item}", rater="guess", kind="judge", label=bad))
    return found


def test_alt_test_says_who_may_replace_a_person(run: Run) -> None:
    _, table = run("alt-test", three_people())
    _, found = run("alt-test", three_people(), None, "--json")

    assert "Judge good: may replace a person" in table and "Judge guess: may not replace a person" in table
    good = found["judges"]["good"]
    assert good["passes"] and not found["judges"]["guess"]["passes"] and found["epsilon"] == 0.15
    assert set(good["people"]["ann"]["judge_wins"]) == {"value", "low", "high", "n"}
    assert set(good["winning"]) == set(good["advantage"]) == {"value", "low", "high", "n"}
    assert found["not_possible"] == []


def test_alt_test_says_what_is_lacking(run: Run) -> None:
    few = [vote for vote in three_people() if vote.rater != "cem" or int(vote.item[1:]) < 10]
    alone = [vote for vote in three_people() if vote.rater in ("ann", "good")]

    _, found = run("alt-test", few, None, "--json", "--judge", "good")
    _, lonely = run("alt-test", alone, None, "--json")
    _, nobody = run("alt-test", [v for v in three_people() if v.kind == "human"], None, "--json")

    assert found["not_possible"][0]["what"] == "cem against good" and set(found["judges"]) == {"good"}
    assert lonely["judges"] == {} and "at least 30" in lonely["not_possible"][0]["why"]
    assert nobody["not_possible"][0]["what"] == "judges"


def test_win_rate_corrects_each_judge_by_people(run: Run, world: tuple[list[Pair], list[Vote]]) -> None:
    pairs, votes = world

    _, table = run("win-rate", votes, pairs, "--of", "amber-1")
    _, found = run("win-rate", votes, pairs, "--of", "amber-1", "--json")
    _, others = run("win-rate", votes, pairs, "--of", "delta-1", "--json")

    amber = found["judges"]["amber-judge"]
    assert "Win rate of amber-1" in table and "corrected (ppi++)" in table
    assert amber["method"] == "ppi++" and amber["gain"] >= 1 and amber["judged_only"] > 0
    assert amber["win_rate"]["low"] < found["humans"]["value"] < amber["win_rate"]["high"]
    assert found["humans"]["value"] > 0.5 > others["humans"]["value"]
    assert found["not_possible"] == []


def test_drawn_items_are_weighted_by_their_propensities(run: Run) -> None:
    rng = np.random.default_rng(8)
    votes = []
    for item in range(2000):
        wins = rng.random() < 0.6
        chance = 0.1 if wins else 0.4  # losses are asked for more often
        votes.append(Vote(item=str(item), rater="j", kind="judge", label="a" if rng.random() < 0.7 else "b"))
        if rng.random() < chance:
            label = "a" if wins else "b"
            votes.append(Vote(item=str(item), rater="ann", kind="human", label=label, propensity=chance))
    stray = Vote(item="0", rater="ben", kind="human", label="a")

    _, found = run("win-rate", [*votes, stray], None, "--json")

    told, gaps = found["judges"]["j"], {gap["what"]: gap["why"] for gap in found["not_possible"]}
    assert told["method"] == "ipw" and told["win_rate"]["low"] < 0.6 < told["win_rate"]["high"]
    assert "1 have no propensity" in gaps["votes of people"] and found["humans"] is None
    assert "labels are used" in gaps["probabilities of j"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"item": "i", "rater": "r", "kind": "human", "label": "a", "propensity": 0}', "propensity must be above 0"),
        (
            '{"item": "i", "rater": "r", "kind": "human", "label": "a", "propensity": 1.5}',
            "propensity must be at most 1",
        ),
        (
            '{"item": "i", "rater": "r", "kind": "judge", "label": "a", "probability": "x"}',
            "probability must be a number",
        ),
        ('{"item": "i", "rater": "r", "kind": "judge", "label": "maybe"}', "answers on pairs need the labels"),
        ("[]", "line 1"),
        ("", "at least 1 needed"),
    ],
)
def test_bad_votes_end_with_code_2_and_one_sentence(tmp_path: Path, capsys, line: str, sentence: str) -> None:
    path = tmp_path / "votes.jsonl"
    path.write_text(line)

    assert main(["win-rate", "--votes", str(path)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_a_generator_that_nobody_knows_is_refused(run: Run, world: tuple[list[Pair], list[Vote]]) -> None:
    pairs, votes = world

    code, said = run("win-rate", votes, pairs, "--of", "nobody")
    without, needs = run("win-rate", votes, None, "--of", "amber-1")

    assert (code, without) == (2, 2)
    assert "the generators are amber-1, birch-1" in said and "give them with --pairs" in needs


def test_two_propensities_of_one_item_are_refused(run: Run) -> None:
    votes = [
        Vote(item="i", rater=who, kind="human", label="a", propensity=chance)
        for who, chance in {"ann": 0.5, "ben": 0.4}.items()
    ]

    assert "has two propensities" in run("win-rate", votes)[1]


def test_bias_looks_into_topics_families_and_probabilities(run: Run, world: tuple[list[Pair], list[Vote]]) -> None:
    pairs, votes = world

    _, table = run("bias", votes, pairs, "--draws", "100")
    _, found = run("bias", votes, pairs, "--draws", "100", "--json")

    amber = found["judges"]["amber-judge"]
    assert "favour of own family" in table and "nearer on refunds" in table and "calibration error" in table
    assert set(amber["topics"]) == {"orders", "refunds"}
    assert {"gap_pp", "shrunk_pp", "p", "p_adjusted", "mde_pp", "verdict"} <= set(amber["topics"]["orders"])
    assert amber["self_preference"]["effect_pp"]["value"] > 0
    assert amber["calibration"]["ece"]["n"] == 200 and amber["calibration"]["recalibrated"]["method"] == "platt"
    assert len(amber["calibration"]["points"]) >= 2


def test_what_the_input_lacks_is_said(world: tuple[list[Pair], list[Vote]]) -> None:
    pairs, votes = world
    bare = [replace(pair, topic=None, generator_a=None) for pair in pairs]
    plain = [replace(vote, probability=None) for vote in votes]

    report = bias_report(plain, bare, rng=np.random.default_rng(1), draws=100)

    why = {gap["what"]: gap["why"] for gap in report["not_possible"]}
    assert "add topic to pairs.jsonl" in why["topics"]
    assert "generators are known" in why["self-preference"]
    assert "carry no probability" in why["calibration of amber-judge"]
    assert report["judges"]["amber-judge"]["calibration"] is None


def test_verbosity_is_told_by_doubling_too() -> None:
    rng = np.random.default_rng(9)
    pairs, votes = [], []
    for k in range(300):
        words = rng.integers(5, 60, size=2)
        a, b = ("word " * int(n) for n in words)
        item = f"i{k}"
        pairs.append(Pair(item=item, cluster=item, prompt="q", a=a, b=b))
        quality = rng.standard_normal()
        for who in ("ann", "ben"):
            label = "a" if rng.random() < 1 / (1 + np.exp(-2 * quality)) else "b"
            votes.append(Vote(item=item, rater=who, kind="human", label=label))
        longer = 1.5 * np.log((words[0] + 1) / (words[1] + 1))
        label = "a" if rng.random() < 1 / (1 + np.exp(-2 * quality - longer)) else "b"
        votes.append(Vote(item=item, rater="j", kind="judge", label=label, first="ab"[rng.integers(2)]))

    found = bias_report(votes, pairs, rng=rng, draws=100)["judges"]["j"]["features"]["verbosity"]

    doubled = found["per_doubling_pp"]
    assert doubled["value"] == pytest.approx(found["effect_pp"]["value"] * np.log(2) / found["spread"])
    assert doubled["low"] > 0 and doubled["n"] == 300
