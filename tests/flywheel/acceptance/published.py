"""Published figures of real data sets, through the functions and reports of the product."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from flywheel.records import Label, Pair, Vote
from flywheel.stats import agreement, position
from flywheel.stats.reports import bias_report
from flywheel.stats.votes import majority
from tests.flywheel.acceptance import pandalm
from tests.real_data import real_data

# Label with output 1 shown first, with output 2 shown first, and the known answer, of each item of a judge's setting.
Rows = list[tuple[str, str, str]]
Setting = tuple[str, str, str]  # subset, judge, strategy

WINNERS = {"0": "none", "1": "a", "2": "b"}  # 0: no verdict could be read
KAPPAS = (0.85, 0.88, 0.86)
MAJORITY = {"tie": 105, "a": 422, "b": 472}
ACCURACIES = {"gpt-3.5-turbo": 71.07, "pandalm-7b": 66.77}
SETTINGS = 325
OWN, OWNED = "gpt-3.5-turbo", 51.5
SIDES: dict[str, Label] = {"1": "a", "2": "b"}
CHANGED = {"ChatGPT": 54, "GPT-4": 20, "PaLM2": 45, "LLaMA2": 44}
HATECHECK = (3901, 0.93)


def of_pandalm(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """PandaLM: kappas and majority of the people; both judges' accuracy against it."""
    codes = pandalm.codes()
    kappas = [agreement.cohen_kappa(codes[:, i], codes[:, j], 3, rng=rng) for i, j in ((0, 1), (0, 2), (1, 2))]
    people = pandalm.people()
    report = bias_report(people + [v for name in ACCURACIES for v in pandalm.verdicts(name)], rng=rng, draws=50)
    told = {name: report["judges"][name]["agreement"]["raw"] for name in ACCURACIES}
    figure = {
        "kappas": [round(one.value, 4) for one in kappas if one],
        "majority": dict(sorted(Counter(majority(people).values()).items())),
        "accuracy, %": {name: round(100 * one["value"], 2) for name, one in told.items()},
    }
    return {
        "figure": figure,
        "threshold": f"kappas {KAPPAS} to two places, majority {MAJORITY}, accuracy {ACCURACIES} exactly",
        "replications": 1,
        "pass": tuple(round(kappa, 2) for kappa in figure["kappas"]) == KAPPAS
        and figure["majority"] == MAJORITY
        and figure["accuracy, %"] == ACCURACIES,
    }


def settings(name: str) -> dict[Setting, Rows]:
    """Every judge's setting of a data set of published verdicts."""
    cells: dict[Setting, dict[str, dict[str, dict[str, str]]]] = defaultdict(lambda: defaultdict(dict))
    with (real_data(name) / "verdicts.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            cells[row["subset"], row["judge"], row["strategy"]][row["item"]][row["swapped"]] = row
    return {
        setting: [
            (WINNERS[one["0"]["winner"]], WINNERS[one["1"]["winner"]], WINNERS[one["0"]["gold"]])
            for one in items.values()
        ]
        for setting, items in cells.items()
    }


def effect(rows: Rows) -> position.PositionEffect:
    """The position effect of one setting."""
    first, second, _ = (np.array(side) for side in zip(*rows, strict=True))
    return position.both_orders(first, second, np.arange(len(rows)))


def of_llmbar(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """LLMBar: accuracy, and how many items keep their verdict when the order changes, of all 325 settings."""
    with (real_data("llmbar") / "upstream_statistics.csv").open(encoding="utf-8") as lines:
        upstream = {(row["subset"], row["judge"], row["strategy"]): row for row in csv.DictReader(lines)}
    found, equal, worst = settings("llmbar"), 0, 0.0
    for setting, wanted in upstream.items():
        rows = found[setting]
        accuracy = 50 * float(np.mean([(first == gold) + (second == gold) for first, second, gold in rows]))
        consistency = effect(rows).consistency
        assert consistency is not None
        agreed, total = (int(part) for part in wanted["order_agreement"].split(" = ")[0].split(" / "))
        equal += (round(consistency.value * consistency.n), consistency.n) == (agreed, total)
        worst = max(worst, abs(accuracy - float(wanted["accuracy_average_pct"])))
    return {
        "figure": {"settings": len(upstream), "consistency equal": equal, "largest gap of accuracy, points": round(worst, 4)},
        "threshold": f"{SETTINGS} settings, all counts equal, accuracy as printed (± 0.051 points)",
        "replications": 1,
        "pass": equal == len(upstream) == SETTINGS and worst <= 0.051,
    }  # fmt: skip


def fairpairs_votes() -> tuple[list[Vote], list[Pair]]:
    """FairEval's people and four judges, and who wrote the two answers; ChatGPT goes by the name of its model."""
    with (real_data("fairpairs") / "models.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    people = [Vote(item=row["item"], rater="people", kind="human", label=SIDES[row["human_winner"]]) for row in rows]
    pairs = [
        Pair(item=row["item"], cluster=row["item"], prompt="", a="", b="", generator_a=OWN, generator_b="vicuna-13b")
        for row in rows
    ]
    with (real_data("fairpairs") / "verdicts.csv").open(encoding="utf-8") as lines:
        judged = [
            Vote(
                item=row["item"], rater=OWN if row["judge"] == "ChatGPT" else row["judge"], kind="judge",
                label=SIDES[row["winner"]], first="b" if row["swapped"] == "1" else "a",
            )
            for row in csv.DictReader(lines)
            if row["strategy"] == "Vanilla_NoRules" and row["winner"] in SIDES
        ]  # fmt: skip
    return people + judged, pairs


def of_fairpairs(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """FairEval's pairs: items whose verdict changes with the order, ChatGPT's love of first place, and none of its own."""
    found = {judge: effect(rows) for (_, judge, way), rows in settings("fairpairs").items() if way == "Vanilla_NoRules"}
    changed = {judge: one.first_wins + one.second_wins for judge, one in found.items()}
    chatgpt = found["ChatGPT"]
    first_shown = round(132 * (chatgpt.shift_pp.value / 100 + 0.5))
    votes, pairs = fairpairs_votes()
    own = [vote for vote in votes if vote.rater == OWN]
    favour = bias_report(votes, pairs, rng=rng, draws=50)["judges"][OWN]["self_preference"]
    figure = {
        "changed of 66": changed,
        "first shown wins of 132": first_shown,
        "verdict": chatgpt.verdict,
        "own answers preferred, %": round(100 * sum(vote.label == "a" for vote in own) / len(own), 1),
        "self-preference": favour["verdict"],
    }
    return {
        "figure": figure,
        "threshold": f"{CHANGED}; 120 of 132 for ChatGPT, called biased by place; {OWNED} % of its verdicts for its own "
        "answers, no self-preference reported",
        "replications": 1,
        "pass": changed == CHANGED
        and first_shown == 120
        and (chatgpt.verdict, chatgpt.material) == ("biased", True)
        and figure["own answers preferred, %"] == OWNED
        and favour["verdict"] != "biased",
    }


def of_hatecheck(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """HateCheck: Fleiss' kappa of five of ten annotators each."""
    with (real_data("hatecheck") / "all_annotations.csv").open(encoding="utf-8") as lines:
        said = [[row[f"label_{k}"] for k in range(1, 11)] for row in csv.DictReader(lines)]
    counts = np.array([[labels.count("hateful"), labels.count("non-hateful")] for labels in said])
    kappa = agreement.fleiss_kappa(counts, rng=rng)
    assert kappa is not None
    return {
        "figure": {"cases": kappa.n, "Fleiss' kappa": round(kappa.value, 4)},
        "threshold": f"{HATECHECK[0]} cases, {HATECHECK[1]} to two places",
        "replications": 1,
        "pass": (kappa.n, round(kappa.value, 2)) == HATECHECK,
    }


CHECKS: dict[str, Callable[[int, np.random.Generator], dict[str, Any]]] = {
    "PandaLM": of_pandalm,
    "LLMBar": of_llmbar,
    "FairEval pairs": of_fairpairs,
    "HateCheck": of_hatecheck,
}
