"""The same inputs through the product and through crowd-kit, choix and statsmodels."""

from collections.abc import Callable
from typing import Any

import choix
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene
from statsmodels.stats import inter_rater

from flywheel.stats import aggregation, agreement, rankings
from flywheel.stats.votes import VoteTable, rating_counts

EXACT, CLOSE = 1e-9, 1e-4


def crowd(
    rng: np.random.Generator, items: int, each: int, labels: int, *, people: int = 30
) -> tuple[VoteTable, np.ndarray]:
    """Votes of people of unlike skill, and the truth (items,)."""
    skill = rng.beta(8, 3, people)
    truth = rng.integers(labels, size=items)
    item = np.arange(items).repeat(each)
    rater = rng.random((items, people)).argsort(axis=1)[:, :each].ravel()
    right = rng.random(len(item)) < skill[rater]
    label = np.where(right, truth[item], rng.integers(labels, size=len(item)))
    names = [tuple(f"{what}{n:06d}" for n in range(size)) for what, size in (("i", items), ("p", people))]
    codes = tuple(f"l{n}" for n in range(labels))
    return VoteTable(*names, codes, item, rater, label, np.full(len(item), -1), np.ones(len(item))), truth


def frame(table: VoteTable) -> pd.DataFrame:
    """The votes as crowd-kit takes them."""
    return pd.DataFrame({"task": table.item, "worker": table.rater, "label": table.label})


def crowd_kit(votes: pd.DataFrame, rounds: int = 100, tol: float = 1e-5) -> DawidSkene:
    """crowd-kit's Dawid–Skene, by default with its own defaults."""
    return DawidSkene(n_iter=rounds, tol=tol).fit(votes)


def chosen(fitted: DawidSkene, table: VoteTable) -> np.ndarray:
    """(items,) crowd-kit's labels as codes."""
    found: np.ndarray = fitted.labels_.loc[range(len(table.items))].to_numpy()
    return found


def kappa(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Cohen's kappa, plain and weighted, and Fleiss' kappa of random raters, beside statsmodels."""
    worst = 0.0
    for _ in range(replications):
        categories = int(rng.integers(2, 6))
        codes = rng.integers(categories, size=(int(rng.integers(20, 200)), 4))
        codes[:, 1] = np.where(rng.random(len(codes)) < 0.5, codes[:, 0], codes[:, 1])
        both = np.zeros((categories, categories))
        np.add.at(both, (codes[:, 0], codes[:, 1]), 1)
        for weights, theirs in ((None, None), ("linear", "linear"), ("quadratic", "quadratic")):
            ours = agreement.cohen_kappa(codes[:, 0], codes[:, 1], categories, rng=rng, weights=weights, draws=2)
            wanted = inter_rater.cohens_kappa(both, wt=theirs, return_results=False)
            worst = max(worst, abs(_value(ours) - wanted))
        counts = rating_counts(codes, categories)
        wanted = inter_rater.fleiss_kappa(counts)
        worst = max(worst, abs(_value(agreement.fleiss_kappa(counts, rng=rng, draws=2)) - wanted))
    return {
        "figure": {"largest gap": float(f"{worst:.2g}"), "tables": replications},
        "threshold": f"≤ {EXACT:g}",
        "replications": replications,
        "pass": worst <= EXACT,
    }


def _value(found: Any) -> float:
    assert found is not None
    return float(found.value)


def dawid_skene(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Without its prior our Dawid–Skene is crowd-kit's, round for round; with it labels stay and people keep their ranks."""
    worst, same, ranks = 0.0, [], []
    for _ in range(replications):
        table, _ = crowd(rng, 400, 8, 3)
        plain = aggregation.dawid_skene(table, prior=0.0)
        theirs = crowd_kit(frame(table), plain.rounds, -np.inf)
        posterior = theirs.probas_.loc[range(len(table.items)), range(3)].to_numpy()
        worst = max(worst, float(np.abs(plain.posterior - posterior).max()))
        ours = aggregation.dawid_skene(table)
        same.append(float(np.mean(ours.posterior.argmax(axis=1) == posterior.argmax(axis=1))))
        skill = [np.trace(matrix) for matrix in ours.confusion], [np.trace(matrix) for matrix in plain.confusion]
        ranks.append(float(np.corrcoef(*(np.argsort(np.argsort(one)) for one in skill))[0, 1]))
    return {
        "figure": {
            "largest gap of a posterior without prior": float(f"{worst:.2g}"),
            "same label with prior": round(min(same), 4),
            "rank correlation of people with prior": round(min(ranks), 4),
        },
        "threshold": f"gap ≤ {CLOSE:g}, same label ≥ 0.97, rank correlation ≥ 0.97",
        "replications": replications,
        "pass": worst <= CLOSE and min(same) >= 0.97 and min(ranks) >= 0.97,
    }


def games(rng: np.random.Generator, things: int, size: int) -> rankings.Comparisons:
    """Comparisons without ties of things of unlike strength, by one rater."""
    strength = rng.standard_normal(things)
    left = rng.integers(things, size=size)
    right = (left + rng.integers(1, things, size=size)) % things
    wins = rng.random(size) < 1 / (1 + np.exp(strength[right] - strength[left]))
    choice = np.where(wins, rankings.LEFT, rankings.RIGHT)
    return rankings.Comparisons(left, right, choice, left * 0, np.zeros(size), np.ones(size))


def results(answers: rankings.Comparisons) -> list[tuple[int, int]]:
    """Winner and loser of each comparison, as choix takes them."""
    won = answers.choice == rankings.LEFT
    winner, loser = np.where(won, answers.left, answers.right), np.where(won, answers.right, answers.left)
    return list(zip(winner.tolist(), loser.tolist(), strict=True))


def ranked(answers: rankings.Comparisons) -> np.ndarray:
    """(things,) strengths of the product without competence."""
    found = rankings.ranking(answers, np.arange(len(answers.left)), has_competence=False)
    return np.array([one.value for one in found.strength])


def bradley_terry(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Plain Bradley–Terry with the same prior is choix's penalised maximum."""
    worst = 0.0
    for _ in range(replications):
        answers = games(rng, 25, 400)
        theirs = choix.opt_pairwise(25, results(answers), alpha=rankings.LAMBDA / 2, method="BFGS", tol=1e-9)
        worst = max(worst, float(np.abs(ranked(answers) - theirs).max()))
    return {
        "figure": {"largest gap of a strength": float(f"{worst:.2g}")},
        "threshold": f"≤ {CLOSE:g}",
        "replications": replications,
        "pass": worst <= CLOSE,
    }


CHECKS: dict[str, Callable[[int, np.random.Generator], dict[str, Any]]] = {
    "kappa, statsmodels": kappa,
    "Dawid–Skene, crowd-kit": dawid_skene,
    "Bradley–Terry, choix": bradley_terry,
}
