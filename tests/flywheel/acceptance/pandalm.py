"""PandaLM's visible test set: 999 pairs, three people, two judges that saw one order."""

import json
from functools import cache

import numpy as np

from flywheel.records import JSON, Pair, Vote
from tests.real_data import real_data

PEOPLE = ("annotator1", "annotator2", "annotator3")
LABELS = {0: "tie", 1: "a", 2: "b"}
# The published accuracy comes out only if verdicts that could not be read count as ties.
JUDGES = {
    "gpt-3.5-turbo": ("gpt_result", {"1": "a", "2": "b", "Tie": "tie", "garbage": "tie"}),
    "pandalm-7b": ("pandalm_result", {"1": "a", "2": "b", "0": "tie"}),
}


@cache
def rows(name: str = "testset-v1.json") -> list[dict[str, JSON]]:
    """The records of one file."""
    found: list[dict[str, JSON]] = json.loads((real_data("pandalm") / name).read_text(encoding="utf-8"))
    return found


def codes() -> np.ndarray:
    """(999, 3) labels of people: 0 tie, 1 and 2 the better response."""
    return np.array([[row[who] for who in PEOPLE] for row in rows()])


def people() -> list[Vote]:
    """The people's votes."""
    return [
        Vote(item=str(row["idx"]), rater=who, kind="human", label=LABELS[row[who]]) for row in rows() for who in PEOPLE
    ]


def verdicts(judge: str) -> list[Vote]:
    """The verdicts of one judge, all with the first response shown first."""
    field, names = JUDGES[judge]
    return [
        Vote(item=str(row["idx"]), rater=judge, kind="judge", label=names[str(row[field])], first="a")
        for row in rows(f"{judge}-testset-v1.json")
    ]


def pairs() -> dict[str, Pair]:
    """The texts; pairs of one instruction are a cluster."""
    return {
        str(row["idx"]): Pair(
            item=str(row["idx"]), cluster=f"{row['instruction']}|{row['input']}", prompt=str(row["instruction"]),
            a=str(row["response1"]), b=str(row["response2"]),
        )
        for row in rows()
    }  # fmt: skip
