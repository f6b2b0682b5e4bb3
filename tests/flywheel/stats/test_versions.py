"""Parts of the report on judges: a person's place, policy versions and the judge's own; planted, and what they refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flywheel import judge_lines
from flywheel.records import Pair, Vote
from flywheel.simulation.judge_worlds import version_world
from flywheel.stats.replacement import by_topic, replacement
from flywheel.stats.reports import bias_report
from flywheel.stats.votes import natural

START = datetime(2026, 1, 1, tzinfo=UTC)


def reported(pairs: list[Pair] | None, votes: list[Vote]) -> dict:
    return bias_report(votes, pairs, rng=np.random.default_rng(0), draws=100)


def why(report: dict) -> dict[str, str]:
    return {gap["what"]: gap["why"] for gap in report["not_possible"]}


def policies(*, versions: int, slope: float, size: int = 120) -> tuple[list[Pair], list[Vote]]:
    """Versions 1, 2 … of a policy against version 0, every other time as side b; a judge and one person on each item."""
    pairs, votes = [], []
    for version, (judged, people) in enumerate(
        version_world(np.random.default_rng(3), versions=versions, size=size, slope=slope), start=1
    ):
        for number, wins in enumerate(zip(judged, people, strict=True)):
            item, sides = f"{version}-{number}", (f"desk@{version}", "desk@0")
            b = number % 2
            pairs.append(
                Pair(item=item, cluster=item, prompt="", a="", b="", generator_a=sides[b], generator_b=sides[1 - b])
            )
            for rater, kind, won in (("j", "judge", wins[0]), ("ann", "human", wins[1])):
                label = {1.0: "ba"[b == 0], 0.0: "ab"[b == 0], 0.5: "tie"}[float(won)]
                votes.append(Vote(item=item, rater=rater, kind=kind, label=label))
    return pairs, votes


def test_a_policy_that_pleases_the_judge_more_with_each_version_is_told_of() -> None:
    found = reported(*policies(versions=6, slope=0.05))["judges"]["j"]["versions"]["desk"]
    quiet = reported(*policies(versions=6, slope=0.0))["judges"]["j"]["versions"]["desk"]

    assert found["opponent"] == "desk@0" and [look["version"] for look in found["looks"]] == list("123456")
    assert "slope" in found["looks"][-1]["alarms"] and found["looks"][-1]["slope_pp"]["value"] == pytest.approx(
        5, abs=2
    )
    assert found["looks"][0]["people"]["value"] == pytest.approx(0.5, abs=0.12)
    assert not any(look["alarms"] for look in quiet["looks"])


def test_items_not_drawn_by_chance_do_not_count_where_others_were_and_the_rest_are_weighed() -> None:
    pairs, votes = policies(versions=3, slope=0.0, size=200)
    drawn = []
    for vote in votes:
        number = int(vote.item.split("-")[1])
        # Of the second hundred, asked by a rule, people always say the policy lost; a quarter of the others was drawn more often.
        propensity = None if number >= 100 else 0.8 if number % 4 == 0 else 0.2
        lost = number >= 100 and vote.kind == "human"
        label = ("a" if number % 2 else "b") if lost else vote.label
        drawn.append(
            Vote(item=vote.item, rater=vote.rater, kind=vote.kind, label=label,
                 propensity=propensity if vote.kind == "human" else None)
        )  # fmt: skip

    all_count = reported(pairs, [Vote(item=v.item, rater=v.rater, kind=v.kind, label=v.label) for v in drawn])
    some_count = reported(pairs, drawn)

    told, weighed = (found["judges"]["j"]["versions"]["desk"] for found in (all_count, some_count))
    assert (told["is_weighted"], weighed["is_weighted"]) == (False, True)
    assert told["looks"][0]["gap_pp"]["n"] == 200 and told["looks"][0]["gap_pp"]["value"] > 15
    assert weighed["looks"][0]["gap_pp"]["n"] == 100
    assert abs(weighed["looks"][0]["gap_pp"]["value"]) < weighed["looks"][0]["gap_pp"]["high"]


def test_a_new_plan_begins_with_the_ninth_version_and_few_items_are_named() -> None:
    pairs, votes = policies(versions=10, slope=0.0, size=40)
    few = [vote for vote in votes if not vote.item.startswith("2-") or int(vote.item[2:]) < 10]

    found = reported(pairs, few)

    looks = found["judges"]["j"]["versions"]["desk"]
    assert looks["earlier"] == ["1", "3", "4", "5", "6", "7", "8"] and [one["version"] for one in looks["looks"]] == [
        "9",
        "10",
    ]
    assert "10 items against desk@0" in why(found)["desk@2 by j"]
    assert natural("v2") < natural("v10")


def test_without_two_versions_or_without_pairs_the_report_says_so() -> None:
    pairs, votes = policies(versions=1, slope=0.0)
    strangers = [
        Pair(item=p.item, cluster=p.cluster, prompt="", a="", b="", generator_a="x", generator_b="y") for p in pairs
    ]

    assert "two versions" in why(reported(strangers, votes))["policy versions by j"]
    assert "give them with --pairs" in why(reported(None, votes))["policy versions"]
    assert [look["slope_pp"] for look in reported(pairs, votes)["judges"]["j"]["versions"]["desk"]["looks"]] == [None]


def crowd(items: int = 200) -> Iterator[Vote]:
    """Four people right four times in five; a judge that is as good on refunds (even items) and guesses on orders."""
    rng = np.random.default_rng(4)
    for item in range(items):
        truth = int(rng.integers(2))
        for person in range(4):
            yield Vote(item=f"{item}", rater=f"p{person}", kind="human", label="ab"[truth ^ int(rng.random() > 0.8)])
        right = 0.95 if item % 2 == 0 else 0.3
        label, moment = "ab"[truth ^ int(rng.random() > right)], START + timedelta(hours=item)
        version = "old" if item < items / 2 else "new"
        yield Vote(item=f"{item}", rater="j", kind="judge", label=label, at=moment, version=version)


def test_a_judge_may_replace_people_on_one_topic_and_not_on_another() -> None:
    votes = list(crowd())
    pairs = [
        Pair(item=str(i), cluster=f"c{i // 2}", prompt="", a="", b="", topic=("refunds", "orders")[i % 2])
        for i in range(200)
    ]

    found = reported(pairs, votes)["judges"]["j"]["replacement"]

    assert found["epsilon"] == 0.15 and not found["passes"] and set(found["people"]) == {"p0", "p1", "p2", "p3"}
    assert found["topics"]["refunds"]["passes"] and not found["topics"]["orders"]["passes"]
    assert found["topics"]["orders"]["people"]["p0"]["judge_wins"]["n"] == 100


def test_topics_and_people_are_adjusted_together_and_small_topics_left_out() -> None:
    votes = list(crowd())
    people, judge = [v for v in votes if v.kind == "human"], {v.item: v.label for v in votes if v.kind == "judge"}
    topics = {str(i): "rare" if i >= 180 else ("refunds", "orders")[i % 2] for i in range(200)}

    found = by_topic(judge, people, topics)
    alone = replacement({i: said for i, said in judge.items() if topics[i] == "refunds"}, people)

    assert found.left_out == {"rare": 20} and set(found.found) == {"refunds", "orders"}
    for one, other in zip(found.found["refunds"].people, alone.people, strict=True):
        assert one.p == pytest.approx(other.p) and one.p_adjusted >= other.p_adjusted


def test_items_of_one_prompt_do_not_pass_for_many() -> None:
    votes = list(crowd())
    people, judge = [v for v in votes if v.kind == "human"], {v.item: v.label for v in votes if v.kind == "judge"}

    alone = replacement(judge, people)
    twice = replacement(
        {**judge, **{f"{i}x": said for i, said in judge.items()}},
        [*people, *(Vote(item=f"{v.item}x", rater=v.rater, kind="human", label=v.label) for v in people)],
        clusters={f"{i}{copy}": i for i in judge for copy in ("", "x")},
    )

    for one, other in zip(alone.people, twice.people, strict=True):
        assert one.p == pytest.approx(other.p, rel=1e-6)
    assert twice.advantage.high - twice.advantage.low == pytest.approx(
        alone.advantage.high - alone.advantage.low, rel=0.02
    )


def test_agreement_is_told_by_the_judges_own_version_oldest_first() -> None:
    votes = list(crowd())
    silent = [Vote(item=v.item, rater=v.rater, kind=v.kind, label=v.label) for v in votes]

    history = reported(None, votes)["judges"]["j"]["history"]

    assert [row["version"] for row in history] == ["old", "new"] and [row["items"] for row in history] == [100, 100]
    assert history[0]["since"] == START.isoformat() and history[0]["until"] < history[1]["since"]
    assert set(history[0]["agreement"]) == {"kappa", "ac1", "raw"} and history[0]["agreement"]["raw"]["n"] == 100
    assert "version" in why(reported(None, silent))["history of j"]


def test_the_table_for_people_tells_all_three() -> None:
    found = reported(*policies(versions=3, slope=0.0))["judges"]["j"] | {"history": []}
    crowded = reported(None, list(crowd()))["judges"]["j"]

    told = "\n".join([*judge_lines.lines(found), *judge_lines.lines(crowded)])

    assert "desk against desk@0" in told and "beats 0 of 4 people" in told and "version old" in told
