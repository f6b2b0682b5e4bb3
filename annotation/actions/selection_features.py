"""Arrays that selection works on, made from items, their traces' embeddings and the judges' verdicts. Workers only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Q, QuerySet

from annotation.actions.embeddings import vectors
from annotation.models import Item, Queue, Side, Verdict
from flywheel.selection.features import TRACE_FIGURES, figure_differences, fit_map

DIMENSIONS = 384  # of the default embedding model


@dataclass(frozen=True, slots=True)
class Features:
    """One row an item, in the order of `place`; NaN where no judge was asked."""

    place: dict[int, int]
    z: np.ndarray
    points: np.ndarray
    strata: np.ndarray
    tasks: np.ndarray
    judge_probability: np.ndarray
    inconsistent: np.ndarray

    def of(self, items: Sequence[int]) -> "Features":
        """The rows of these items, in this order."""
        rows = np.array([self.place[item] for item in items], dtype=int)
        return Features(
            {item: row for row, item in enumerate(items)},
            self.z[rows],
            self.points[rows],
            self.strata[rows],
            self.tasks[rows],
            self.judge_probability[rows],
            self.inconsistent[rows],
        )


@dataclass(slots=True)
class Sides:
    """What the rows of one item's sides say; a single-sided item is compared with nothing."""

    task: str
    prompt: str
    texts: list[str]
    figures: list[dict[str, float]]
    policies: list[int]


def features(queue: Queue, *, extra: Sequence[int]) -> Features:
    """Features of the queue's answered items and of those in `extra`."""
    wanted = Item.objects.filter(queue=queue).filter(Q(annotations__kind="answer") | Q(pk__in=extra)).values("pk")
    told = sides_of(wanted)
    items = list(told)
    keys = {key for item in told.values() for key in [item.prompt, *item.texts]}
    known = vectors(list(keys))
    width = len(next(iter(known.values()), np.zeros(DIMENSIONS)))
    nothing = np.zeros(width, dtype=np.float32)

    def rows(texts: list[str]) -> np.ndarray:
        return np.stack([known.get(text, nothing) for text in texts]) if texts else np.zeros((0, width))

    prompt, a = rows([item.prompt for item in told.values()]), rows([item.texts[0] for item in told.values()])
    b = rows([item.texts[-1] if len(item.texts) > 1 else "" for item in told.values()])
    figures = figure_differences(
        [item.figures[0] for item in told.values()],
        [item.figures[-1] if len(item.figures) > 1 else {} for item in told.values()],
        TRACE_FIGURES,
    )
    z = np.zeros((0, 1))
    if items:
        rng = np.random.default_rng([queue.seed, 3])
        z = fit_map(prompt, a, b, figures, TRACE_FIGURES, rng=rng).features(prompt, a, b, figures)
    judged, inconsistent = judged_by(items)
    return Features(
        {item: row for row, item in enumerate(items)},
        z,
        np.concatenate([prompt, a - b], axis=1),
        strata_of(told),
        np.array([item.task for item in told.values()]),
        judged,
        inconsistent,
    )


def sides_of(wanted: QuerySet) -> dict[int, Sides]:
    """item → its sides, in item order."""
    rows = Side.objects.filter(item__in=wanted).order_by("item", "index")
    found: dict[int, Sides] = {}
    for item, task, prompt, text, figures, policy in rows.values_list(
        "item_id", "item__task", "trace__prompt_hash", "trace__text_hash", "trace__figures", "trace__policy_id"
    ):
        told = found.setdefault(item, Sides(task, prompt, [], [], []))
        told.texts.append(text)
        told.figures.append(figures)
        told.policies.append(policy)
    return found


def strata_of(told: dict[int, Sides]) -> np.ndarray:
    """(n,) codes of policy pair and length tercile: exploration is spread evenly over them."""
    if not told:
        return np.zeros(0, dtype=int)
    lengths = np.array([sum(f.get("log_length", 0.0) for f in item.figures) for item in told.values()])
    terciles = np.searchsorted(np.quantile(lengths, [1 / 3, 2 / 3]), lengths)
    names = [f"{sorted(item.policies)}-{tercile}" for item, tercile in zip(told.values(), terciles, strict=True)]
    return np.unique(names, return_inverse=True)[1]


def judged_by(items: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) mean P(side 0 is better) over judges and orders, NaN where none; and the share of order-swayed judges."""
    by_judge: dict[tuple[int, int], list[tuple[float, str]]] = {}
    rows = Verdict.objects.filter(item__in=items, judge__is_active=True)
    for item, judge, probability, label in rows.values_list("item_id", "judge_id", "probability", "label"):
        by_judge.setdefault((item, judge), []).append((probability, label))
    chances: dict[int, list[float]] = {}
    flips: dict[int, list[bool]] = {}
    for (item, _), said in by_judge.items():
        chances.setdefault(item, []).extend(probability for probability, _ in said)
        flips.setdefault(item, []).append(len({label for _, label in said}) > 1)
    judged = np.array([np.mean(chances[item]) if item in chances else np.nan for item in items])
    swayed = np.array([np.mean(flips[item]) if item in flips else 0.0 for item in items])
    return judged, swayed
