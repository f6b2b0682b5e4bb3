"""`annotators` and `rank` on files: a table, documented JSON, what is lacking and why, and one sentence for bad input."""

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from flywheel.__main__ import main
from flywheel.formats import pairs as pair_format
from flywheel.formats import votes as vote_format
from flywheel.records import Pair, Vote

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
POLICIES = ("base@1", "sft@1", "dpo@1", "dpo@2")
GOLD = 80


def world(items: int = 240) -> tuple[list[Vote], list[Pair]]:
    """Four honest people and one who always takes the first side within two seconds; later policies are better."""
    generator = np.random.default_rng(11)
    votes, pairs = [], []
    for number in range(items):
        worse, better = sorted(generator.choice(4, 2, replace=False))
        turned = bool(generator.integers(2))
        a, b = (better, worse) if turned else (worse, better)
        words = generator.integers(5, 60, size=2)
        texts = [" ".join(["word"] * int(n)) for n in words]
        item = f"i{number:03d}"
        pairs.append(
            Pair(item=item, cluster=f"t{number // 4}", prompt="q", a=texts[0], b=texts[1], generator_a=POLICIES[a], generator_b=POLICIES[b])
        )  # fmt: skip
        truth = "a" if turned else "b"
        for person, name in enumerate(("ann", "ben", "cem", "dot", "eve")):
            first = "ab"[generator.integers(2)]
            label = truth if generator.random() < 0.85 else "ba"[truth == "b"]
            lazy = name == "eve"
            votes.append(
                Vote(
                    item=item,
                    rater=name,
                    kind="human",
                    label=first if lazy else label,
                    first=first,
                    seconds=1.0 if lazy else float(generator.uniform(10, 60)),
                    at=START + timedelta(days=number // 40, minutes=2 * number + person),
                    sitting=f"{name}-{number // 40}",
                )
            )
        if number < GOLD:
            votes.append(Vote(item=item, rater="gold", kind="human", label=truth, gold=True))
    return votes, pairs


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    votes, pairs = world()
    return written(tmp_path / "votes.jsonl", votes), written(tmp_path / "pairs.jsonl", pairs)


def written(path: Path, records: list[Vote] | list[Pair]) -> str:
    dumped = [vote_format.dump(one) if isinstance(one, Vote) else pair_format.dump(one) for one in records]
    path.write_text("".join(json.dumps(row) + "\n" for row in dumped), encoding="utf-8")
    return str(path)


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> dict:
    assert main([*argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_careless_person_is_flagged_and_the_honest_are_not(files, capsys) -> None:
    found = told(capsys, "annotators", "--votes", files[0], "--pairs", files[1])

    flags = {name: one["flags"] for name, one in found["annotators"].items()}
    assert {"uninformative", "gold", "hurried", "straight_lining", "swayed:position"} <= set(flags.pop("eve"))
    assert flags == {"ann": [], "ben": [], "cem": [], "dot": []}
    eve = found["annotators"]["eve"]
    assert set(eve["quality"]["informativeness"]) == {"value", "low", "high", "n"}
    assert eve["gold"]["right"]["n"] == GOLD
    assert set(eve["sways"]) == {"verbosity", "position"}
    assert set(found["pooled"]["fatigue"]) == {"effect_pp", "p", "mde_pp", "verdict", "material"}
    assert "headers" in {gap["what"] for gap in found["not_possible"]}
    assert set(eve["drift"]) == {"change_pp", "p", "mde_pp", "p_adjusted", "is_falling"}
    assert eve["drift"]["change_pp"]["n"] == 214 and not eve["drift"]["is_falling"]
    assert sum(block["n"] for block in eve["timeline"]) == 240 and len(eve["timeline"]) == 12
    assert set(eve["timeline"][0]) == {"value", "low", "high", "n", "others", "first", "last"}


def test_the_table_names_people_and_what_is_lacking(files, capsys) -> None:
    assert main(["annotators", "--votes", files[0]]) == 0

    table = capsys.readouterr().out
    assert "eve: 240 votes; uninformative" in table and "ann: 240 votes; no flags" in table
    assert "not possible: length and format: There are no pairs" in table


def test_policies_are_ranked_and_the_careless_person_counts_little(files, capsys) -> None:
    found = told(capsys, "rank", files[0], "--pairs", files[1])

    assert found["ranked"] == "policies"
    assert [one["name"] for one in found["ranking"]] == list(POLICIES[::-1])
    assert [one["place"]["value"] for one in found["ranking"]] == [1, 2, 3, 4]
    assert found["competence"]["eve"]["value"] < min(found["competence"][name]["value"] for name in ("ann", "ben"))
    assert found["groups"] == 1 and found["tie"] is None and not found["not_possible"]


def test_plain_ranking_trusts_all_alike(files, capsys) -> None:
    assert told(capsys, "rank", files[0], "--pairs", files[1], "--plain")["competence"] == {}


def test_sides_of_ranked_items_are_ranked_among_themselves(tmp_path, capsys) -> None:
    votes = [
        Vote(item=f"{item}:{i}-{j}", rater=who, kind="human", label="a", weight=1 / 3)
        for item in ("x", "y")
        for i, j in combinations(range(3), 2)
        for who in ("ann", "ben")
    ] + [Vote(item="z", rater="ann", kind="human", label="tie")]
    path = written(tmp_path / "votes.jsonl", votes)

    found = told(capsys, "rank", path)
    assert main(["rank", path]) == 0

    assert [one["name"] for one in found["ranking"]] == ["x:0", "x:1", "x:2", "y:0", "y:1", "y:2"]
    assert {gap["what"] for gap in found["not_possible"]} == {"one ranking of all", "position", "some answers"}
    assert "group 2, not comparable" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        ([Vote(item="x", rater="ann", kind="human", label="a")], "items named ITEM:i-j"),
        ([Vote(item="x:0-1", rater="ann", kind="human", label="good")], 'not "good"'),
        ([Vote(item="x:0-1", rater="ann", kind="human", label="a")] * 2, "ann voted twice"),
        ([], "0 given, at least 1 needed"),
    ],
)
def test_what_cannot_be_ranked_ends_with_code_2_and_one_sentence(tmp_path, capsys, votes, reason) -> None:
    assert main(["rank", written(tmp_path / "votes.jsonl", votes)]) == 2

    err = capsys.readouterr().err
    assert reason in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "votes",
    [
        [Vote(item="x", rater="ann", kind="human", label="good")],
        [Vote(item=f"i{k}", rater="ann", kind="human", label="a") for k in range(60)],
        [Vote(item=f"i{k}", rater=who, kind="human", label="tie", first="a") for k in range(60) for who in "xyz"],
        [Vote(item=f"i{k}", rater=who, kind="human", label=f"l{k % 9}") for k in range(90) for who in "xy"],
    ],
    ids=["one vote", "one rater", "all ties", "many labels"],
)
def test_what_is_lacking_is_said_and_nobody_is_flagged(tmp_path, capsys, votes) -> None:
    found = told(capsys, "annotators", "--votes", written(tmp_path / "votes.jsonl", votes))

    assert found["not_possible"] and all(gap["why"].endswith(".") for gap in found["not_possible"])
    assert not any(one["flags"] for one in found["annotators"].values())


def test_nobody_to_report_on_is_said(tmp_path, capsys) -> None:
    judge = Vote(item="x", rater="gpt", kind="judge", label="a", first="a")

    assert main(["annotators", "--votes", written(tmp_path / "votes.jsonl", [judge])]) == 2
    assert "votes of humans: 0 given" in capsys.readouterr().err


def test_votes_on_unknown_items_are_refused(files, tmp_path, capsys) -> None:
    stranger = written(tmp_path / "more.jsonl", [Vote(item="nowhere", rater="ann", kind="human", label="a")])

    for argv in (["annotators", "--votes", stranger, "--pairs", files[1]], ["rank", stranger, "--pairs", files[1]]):
        assert main(argv) == 2
        assert "item nowhere, which the pairs lack" in capsys.readouterr().err
