"""Both orders and the gate on published verdicts of real judges (LLMBar, strategy Vanilla)."""

import csv

import pytest

from flywheel.judging.gate import examine
from flywheel.judging.judge import JudgeFailed, combine
from flywheel.records import Pair, Verdict
from tests.real_data import real_data


class Recorded:
    """Repeats the verdicts of one published judge on one subset; output 1 is side a."""

    def __init__(self, name, rows):
        self.name = name
        self._winner = {(row["item"], row["swapped"]): row["winner"] for row in rows}

    def ask(self, pair, first):
        winner = self._winner[pair.item, "1" if first == "b" else "0"]
        if winner == "0":
            raise JudgeFailed("No verdict could be read.", is_temporary=False)
        label = {"1": "a", "2": "b"}[winner]
        return Verdict(item=pair.item, judge=self.name, first=first, label=label, probability=float(label == "a"))


def examined(judge, subset):
    with (real_data("llmbar") / "verdicts.csv").open(encoding="utf-8") as lines:
        rows = [
            row
            for row in csv.DictReader(lines)
            if (row["judge"], row["subset"], row["strategy"]) == (judge, subset, "Vanilla")
        ]
    gold = {row["item"]: {"1": "a", "2": "b"}[row["gold"]] for row in rows}
    pairs = [(Pair(item=item, cluster=item, prompt="", a="", b=""), answer) for item, answer in gold.items()]
    result, outcomes = examine(Recorded(judge, rows), pairs)
    both = {pair.item: outcome for pair, outcome in outcomes if not isinstance(outcome, JudgeFailed)}
    return result, both, gold


# Average accuracy over the orders, and items equal in both orders, as the repository's statistics state them.
@pytest.mark.parametrize(
    ("judge", "subset", "accuracy", "consistent"),
    [("GPT-4", "Natural", 0.955, 95), ("ChatGPT", "Natural", 0.815, 71), ("ChatGPT", "Neighbor", 0.194, 96)],
)
def test_accuracy_and_consistency_equal_the_published_figures(judge, subset, accuracy, consistent):
    _, both, gold = examined(judge, subset)

    right = [verdict.label == gold[item] for item, verdicts in both.items() for verdict in verdicts]
    assert sum(right) / len(right) == pytest.approx(accuracy, abs=5e-4)
    assert sum(combine(verdicts).consistent for verdicts in both.values()) == consistent


@pytest.mark.parametrize(
    ("judge", "subset", "passed"),
    [
        ("GPT-4", "Natural", True),
        ("GPT-4", "Neighbor", True),
        ("ChatGPT", "Natural", True),
        # Consistent and wrong: steadiness is no proof of quality.
        ("ChatGPT", "Neighbor", False),
        ("Falcon", "Natural", False),
    ],
)
def test_the_gate_knows_the_judges_that_are_right_from_those_that_are_steady(judge, subset, passed):
    result, _, _ = examined(judge, subset)

    assert result.passed is passed, result.sentence
