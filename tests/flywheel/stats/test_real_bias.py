"""What sways real judges: 999 pairs that three people each and two judges answered, with known findings."""

import json
from pathlib import Path

import numpy as np
import pytest

from flywheel.records import Pair, Vote
from flywheel.stats import differential, split_human
from flywheel.stats.differential import Judged, decide, judged
from flywheel.stats.features import verbosity
from tests.real_data import real_data

JUDGES = {"gpt-3.5-turbo": ("gpt_result", {"1": "a", "2": "b", "Tie": "tie", "garbage": "tie"}),
          "pandalm-7b": ("pandalm_result", {"1": "a", "2": "b", "0": "tie"})}  # fmt: skip
PEOPLE = ("annotator1", "annotator2", "annotator3")


@pytest.fixture(scope="module")
def folder() -> Path:
    return real_data("pandalm")


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "testset-v1.json").read_text())
    return found


@pytest.fixture(scope="module")
def pairs(rows: list[dict[str, object]]) -> dict[str, Pair]:
    return {
        str(row["idx"]): Pair(
            item=str(row["idx"]), cluster=f"{row['instruction']}|{row['input']}", prompt=str(row["instruction"]),
            a=str(row["response1"]), b=str(row["response2"]),
        )
        for row in rows
    }  # fmt: skip


@pytest.fixture(scope="module")
def people(rows: list[dict[str, object]]) -> list[Vote]:
    names = {1: "a", 2: "b", 0: "tie"}
    return [
        Vote(item=str(row["idx"]), rater=who, kind="human", label=names[int(str(row[who]))])
        for row in rows
        for who in PEOPLE
    ]


def verdicts(folder: Path, judge: str) -> list[Vote]:
    field, names = JUDGES[judge]
    told = json.loads((folder / f"{'gpt-3.5-turbo' if 'gpt' in judge else judge}-testset-v1.json").read_text())
    return [
        Vote(item=str(row["idx"]), rater=judge, kind="judge", label=names[str(row[field])], first="a") for row in told
    ]


def of_length_alone(votes: list[Vote], people: list[Vote], pairs: dict[str, Pair]) -> tuple[float, float, bool]:
    """Slope of the verdict, and effect at equal preference, in points a deviation; and whether 0 is in its interval."""
    asked = differential._asked(votes, people, pairs)
    length = np.array([verbosity(str(pair.a), str(pair.b)) for pair in asked.pairs])
    x = ((length - length.mean()) / length.std())[:, None]
    said = split_human.people(asked.people.item, asked.people.wins, len(asked.pairs))
    effect = split_human.fit(asked.verdict, said, x, np.array([pair.cluster for pair in asked.pairs])).effect_pp[0]
    slope = 100 * float(np.polyfit(x[:, 0], asked.verdict, 1)[0])
    return slope, effect.value, effect.low <= 0 <= effect.high


def test_a_judge_that_likes_length_as_much_as_people_do_is_not_called_biased(folder, people, pairs) -> None:
    slope, effect, holds_zero = of_length_alone(verdicts(folder, "gpt-3.5-turbo"), people, pairs)

    assert slope > 8  # the naive regression finds a clear slope
    assert abs(effect) < 5 and holds_zero


def test_the_verdict_on_its_length_is_underpowered_not_clean(folder, people, pairs) -> None:
    found: dict[str, Judged] = {name: judged(name, verdicts(folder, name), people, pairs) for name in JUDGES}
    decide(found)

    length = found["gpt-3.5-turbo"].findings["verbosity"]
    assert found["gpt-3.5-turbo"].is_strong
    assert (length.verdict, length.mde_pp > 5) == ("underpowered", True)
