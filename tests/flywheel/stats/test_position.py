"""Position effects against upstream's figures and planted truth."""

import csv
from collections import defaultdict

import numpy as np
import pytest

from flywheel.stats import position
from tests.real_data import real_data

LABELS = {"0": "none", "1": "a", "2": "b"}


def verdicts(name: str, keep) -> dict[tuple[str, str, str], list[tuple[str, str, str]]]:
    """Of each judge setting: label with a first, label with b first, and the known answer, by item."""
    cells: dict = defaultdict(lambda: defaultdict(dict))
    with (real_data(name) / "verdicts.csv").open() as lines:
        for row in csv.DictReader(lines):
            if keep(row["strategy"]):
                cells[row["subset"], row["judge"], row["strategy"]][row["item"]][row["swapped"]] = row
    return {
        setting: [(LABELS[o["0"]["winner"]], LABELS[o["1"]["winner"]], LABELS[o["0"]["gold"]]) for o in items.values()]
        for setting, items in cells.items()
    }


def effect(rows) -> position.PositionEffect:
    first, second, _ = (np.array(side) for side in zip(*rows, strict=True))
    return position.both_orders(first, second, np.arange(len(rows)))


def test_llmbars_accuracy_and_consistency_come_out_for_every_plain_judge():
    found = verdicts("llmbar", lambda strategy: strategy == "Vanilla")
    with (real_data("llmbar") / "upstream_statistics.csv").open() as lines:
        upstream = {(r["subset"], r["judge"], r["strategy"]): r for r in csv.DictReader(lines)}

    assert len(found) >= 25
    for setting, rows in found.items():
        right = np.mean([(first == gold) + (second == gold) for first, second, gold in rows]) / 2
        consistency = effect(rows).consistency
        agreed, total = upstream[setting]["order_agreement"].split(" = ")[0].split(" / ")
        assert 100 * right == pytest.approx(float(upstream[setting]["accuracy_average_pct"])), setting
        assert (round(consistency.value * consistency.n), consistency.n) == (int(agreed), int(total)), setting


def test_chatgpt_on_fairpairs_lets_the_first_shown_win():
    found = verdicts("fairpairs", lambda strategy: strategy == "Vanilla_NoRules")

    changed = {judge: round(66 * (1 - effect(rows).consistency.value)) for (_, judge, _), rows in found.items()}
    chatgpt = effect(found["FairEval", "ChatGPT", "Vanilla_NoRules"])

    assert changed == {"ChatGPT": 54, "GPT-4": 20, "PaLM2": 45, "LLaMA2": 44}
    assert chatgpt.first_wins == 54 and chatgpt.second_wins == 0  # 12 + 54 + 54 = 120 of 132 for the first shown
    assert chatgpt.shift_pp.value == pytest.approx(100 * (120 / 132 - 0.5))
    assert chatgpt.verdict == "biased" and chatgpt.material


def planted(generator: np.random.Generator, n: int, b: float) -> tuple[np.ndarray, np.ndarray]:
    quality = 1.8 * generator.normal(size=n)
    chance = 1 / (1 + np.exp(-(quality + np.array([[b], [-b]]))))
    first, second = np.where(generator.random((2, n)) < chance, "a", "b")
    return first, second


@pytest.mark.parametrize(
    ("b", "n", "least", "most"), [(0.0, 200, 0.0, 0.07), (0.4, 200, 0.8, 1.0), (0.4, 500, 0.99, 1.0)]
)
def test_a_planted_shift_is_found_and_its_absence_is_respected(b, n, least, most):
    generator = np.random.default_rng(5)

    found = [position.both_orders(*planted(generator, n, b), np.arange(n)).p <= 0.05 for _ in range(200)]

    assert least <= np.mean(found) <= most


def test_one_random_order_gives_the_same_shift_as_both_orders():
    generator = np.random.default_rng(6)
    first, second = planted(generator, 4000, 0.4)
    shown = generator.random(4000) < 0.3  # orders need not be balanced, only random

    both = position.both_orders(first, second, np.arange(4000))
    one = position.one_order(np.where(shown, first, second), shown, np.arange(4000))

    assert one.shift_pp.low < both.shift_pp.value < one.shift_pp.high
    assert one.verdict == both.verdict == "biased"


def test_the_smallest_findable_shift_follows_the_formula():
    """Discordance 0.3 and 235 pairs find 5 pp with power 0.8."""
    labels = np.array(["a"] * 235)
    swapped = np.array(["b"] * 70 + ["a"] * 165)
    swapped[:35], labels[:35] = "a", "b"

    assert position.both_orders(labels, swapped, np.arange(235)).mde_pp == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize(
    ("n", "changed", "verdict"), [(4, 0, "underpowered"), (400, 0, "no_material_bias"), (60, 20, "underpowered")]
)
def test_silence_is_called_clean_only_if_a_shift_could_have_been_found(n, changed, verdict):
    first, second = np.full(n, "a"), np.full(n, "a")
    second[:changed] = "b"
    first[: changed // 2], second[: changed // 2] = "b", "a"

    assert position.both_orders(first, second, np.arange(n)).verdict == verdict


def test_ties_count_half_and_clusters_count_once():
    first, second = np.array(["a", "tie"] * 50), np.array(["tie", "tie"] * 50)

    alone = position.both_orders(first, second, np.arange(100))
    clustered = position.both_orders(first, second, np.arange(100) // 20)

    assert alone.shift_pp.value == pytest.approx(12.5)
    assert clustered.p > 0.05 > alone.p
