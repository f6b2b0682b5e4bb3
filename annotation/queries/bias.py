"""The newest bias report, laid out for reading."""

from collections.abc import Mapping
from typing import Any

from annotation.models import Report
from annotation.queries import raters

Numbers = Mapping[str, Any]

VERDICTS = {
    "biased": ("biased", "bad", "The side shown first changes who wins, more than chance explains."),
    "no_material_bias": ("no material bias", "good", "Any effect is smaller than what would matter (5 points), and the data could have shown it."),
    "inconclusive": ("inconclusive", "warn", "There may be an effect; the interval is too wide to say."),
    "underpowered": ("underpowered", "", "There are too few answers to find an effect that matters. This does not mean there is none."),
}  # fmt: skip
MEASURES = {
    "alpha": ("Krippendorff's alpha", "agreement beyond chance among all, 1 = perfect"),
    "mean_pairwise_kappa": ("mean pairwise kappa", "Cohen's kappa, averaged over pairs of people"),
    "kappa": ("Cohen's kappa", "agreement beyond chance between the two"),
    "ac1": (
        "Gwet's AC1",
        "agreement beyond chance, steadier when one label is rare; labels hardly used raise it, so read it beside kappa",
    ),
    "raw": ("raw agreement", "share of pairs of answers that are the same; chance is not taken out"),
}
FEATURES = {
    "verbosity": "longer answers",
    "steps": "more steps",
    "headers": "more headings",
    "lists": "more lists",
    "bold": "more bold words",
    "code": "more code",
    "refusal": "refusals",
    "own_family": "models of its own family",
}
# What a verdict on a feature says; those on a position effect have sentences of their own.
SWAYED = {
    "biased": "It moves this judge where people see no difference in quality.",
    "no_material_bias": "Any effect is smaller than what would matter (5 points), and the data could have shown it.",
    "inconclusive": "There may be an effect; the interval is too wide to say.",
    "underpowered": "Too few items that several people answered to find an effect that matters. This does not mean there is none.",
}
STRONG = 20  # F of the first stage
LABELS = {"a": "A", "b": "B", "tie": "tie", "both_bad": "both bad"}


def layout(report: Report, *, names: bool) -> dict[str, Any]:
    """All sections of the page; without names annotators are annotator-<id>."""
    numbers = raters.named(report.numbers, raters.names_of(report.project)) if names else report.numbers
    humans, judges = numbers["humans"], numbers["judges"]
    gates = dict(report.project.judges.values_list("name", "gate"))
    return {
        "judges": [judge(name, found, gates.get(name) or {}) for name, found in sorted(judges.items())],
        "has_features": any(found.get("features") for found in judges.values()),
        "position_rows": position_rows(humans, judges),
        "position_of_people": position(humans["position"]),
        "ties": ties(humans["ties"], judges),
        "labels": humans["labels"],
        "humans": humans,
        "not_possible": numbers["not_possible"],
    }


def judge(name: str, found: Numbers, gate: Numbers) -> dict[str, Any]:
    """One judge: its position effect, what sways it, and known answers by the check that lets it work alone.

    The report's own share counts labels only: it cannot average both orders, and would say another number.
    """
    return {
        "name": name,
        "items": found["items"],
        "position": position(found["position"]),
        "tie_share": found["tie_share"],
        "gold": gate.get("accuracy"),
        "features": features(found.get("features", {}), found.get("first_stage")),
        "calibration": found.get("calibration"),
    }


def features(found: Mapping[str, Numbers], first_stage: float | None = None) -> list[dict[str, Any]]:
    """What may sway a judge, the strongest first: its name in words, its effect, and the verdict as a badge."""
    rows = []
    for name, one in sorted(found.items(), key=lambda row: -abs(row[1]["effect_pp"]["value"])):
        label, tone, _ = VERDICTS[one["verdict"]]
        is_small = one["verdict"] == "biased" and not one["material"]
        named = {"label": FEATURES.get(name, name), "verdict": label, "tone": "warn" if is_small else tone}
        rows.append({**one, **named, "sentence": swayed(one["verdict"], first_stage), **one["effect_pp"]})
    return rows


def swayed(verdict: str, first_stage: float | None) -> str:
    """What a verdict on a feature says; too weak a tie between people's answers makes effect and p worthless."""
    if verdict == "underpowered" and first_stage is not None and first_stage < STRONG:
        return f"People agree too little with each other (F = {first_stage:.1f}, {STRONG} wanted): neither effect nor p can be trusted yet."
    return SWAYED[verdict]


def position(effect: Numbers | None) -> dict[str, Any] | None:
    """A position effect with its verdict as a badge and a sentence."""
    if effect is None:
        return None
    label, tone, sentence = VERDICTS[effect["verdict"]]
    if effect["shift_pp"] and effect["shift_pp"]["low"] == effect["shift_pp"]["high"] == 0:
        label, tone, sentence = (
            "no shift",
            "",
            "Both orders get the same verdict every time, as from a judge that scores each side alone.",
        )
    if effect["verdict"] == "biased" and not effect["material"]:
        tone, sentence = "warn", "There is an effect, but it is smaller than what would matter (5 points)."
    return {**effect, "label": label, "tone": tone, "sentence": sentence}


def in_order(figures: Numbers) -> list[tuple[str, Any]]:
    """The figures in the order of MEASURES; the database keeps no order of its own."""
    return [(key, figures[key]) for key in MEASURES if key in figures]


def position_rows(humans: Numbers, judges: Mapping[str, Numbers]) -> list[dict[str, Any]]:
    """Rows of the forest plot of position shifts."""
    found = [("people", humans["position"]), *((name, one["position"]) for name, one in judges.items())]
    return [row(name, effect["shift_pp"]) for name, effect in found if effect]


def row(label: str, estimate: Numbers | None) -> dict[str, Any]:
    """A row of a forest plot; without an estimate only its name."""
    return {"label": label, **(estimate or {"value": None, "low": None, "high": None, "n": 0})}


def ties(by_person: Mapping[str, Numbers], judges: Mapping[str, Numbers]) -> list[dict[str, Any]]:
    """How often each rater preferred neither side."""
    rows = [
        *((who, "person", share) for who, share in sorted(by_person.items())),
        *((n, "judge", j["tie_share"]) for n, j in judges.items()),
    ]
    return [{"who": who, "kind": kind, "estimate": share} for who, kind, share in rows]
