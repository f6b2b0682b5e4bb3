"""The newest report on agreement, laid out for reading: overall, by slice, over time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from annotation.queries.bias import MEASURES, Numbers, in_order, row

SLICES = {
    "queue": ("By queue", "What a queue asks, and of whom, differs; so may agreement."),
    "topic": ("By topic", "The topic that the runs are tagged with."),
    "policies": ("By policies compared", "Which two policies made the runs: like runs are harder to tell apart."),
}
VERDICTS = {
    "agrees_less": ("agrees less", "bad", "Less agreement than in the rest, more than chance explains."),
    "no_material_gap": ("no material gap", "good", "Not below the rest by what would matter (5 points); the data could have shown it."),
    "inconclusive": ("inconclusive", "warn", "It may agree less; the interval is too wide to say."),
    "underpowered": ("underpowered", "", "Too few items to find a gap that matters. This does not mean there is none."),
}  # fmt: skip
COEFFICIENTS = {"alpha": "Krippendorff's alpha", "kappa": "Cohen's kappa"}
PEOPLE = "people"
SERIES = 4  # lines that one can tell apart, and plots side by side
PLOTTED = 24  # groups in one plot


def layout(numbers: Numbers) -> dict[str, Any]:
    """All sections of the page but the disagreements."""
    return {
        "rows": overall(numbers),
        "meanings": [MEASURES[key] for key in MEASURES],
        "slices": [sliced(kind, groups) for kind, groups in in_slices(numbers) if groups],
        "finding": finding(numbers),
        "time": over_time(numbers.get("time")),
        "not_possible": numbers["not_possible"],
    }


def overall(numbers: Numbers) -> list[dict[str, Any]]:
    """Rows of the forest plot of all people, and of each judge."""
    found = [row(f"{PEOPLE}: {MEASURES[key][0]}", value) for key, value in in_order(numbers.get("humans") or {})]
    for name, figures in sorted(numbers.get("judges", {}).items()):
        found += [row(f"{name}: {MEASURES[key][0]}", value) for key, value in in_order(figures)]
    return found


def in_slices(numbers: Numbers) -> list[tuple[str, Mapping[str, Numbers]]]:
    """The kinds of slice in the order of the page; the database keeps no order of its own."""
    slices = numbers.get("slices") or {}
    return [(kind, slices[kind]) for kind in SLICES if kind in slices]


def sliced(kind: str, groups: Mapping[str, Numbers]) -> dict[str, Any]:
    """One kind of slice: a row for each group and rater, and plots."""
    title, why = SLICES[kind]
    rows = [line for group, found in sorted(groups.items()) for line in lines(group, found)]
    return {"kind": kind, "title": title, "why": why, "rows": rows, "plots": plots(title, rows)}


def plots(title: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A forest plot for people and for each of the first judges; of many groups those that agree least."""
    found = []
    for who in list(dict.fromkeys(one["who"] for one in rows))[:SERIES]:
        told = sorted((one for one in rows if one["who"] == who and one["coefficient"]), key=least)[:PLOTTED]
        drawn = [row(one["group"], one["coefficient"]) for one in sorted(told, key=lambda one: str(one["group"]))]
        if drawn:
            found.append({"title": f"{title}: {who}, agreement beyond chance", "rows": drawn})
    return found


def least(one: Mapping[str, Any]) -> float:
    """What sorts rows by their coefficient."""
    return float(one["coefficient"]["value"])


def raters(found: Numbers) -> Iterator[tuple[str, Numbers]]:
    """People, then each judge, with their figures in one group."""
    yield PEOPLE, found["humans"]
    yield from sorted(found["judges"].items())


def lines(group: str, found: Numbers) -> Iterator[dict[str, Any]]:
    """What each rater's figures say in one group, the verdict as a badge."""
    for who, figures in raters(found):
        rest = figures["against_rest"]
        label, tone, sentence = VERDICTS[rest["verdict"]] if rest else ("", "", "")
        yield {
            "group": group,
            "who": who,
            "items": figures["items"],
            "coefficient": coefficient(figures),
            "raw": figures["raw"],
            "rest": rest,
            "verdict": label,
            "tone": tone,
            "sentence": sentence,
        }


def coefficient(figures: Numbers) -> Numbers | None:
    """Agreement beyond chance: alpha among people, kappa of a judge."""
    found: Numbers | None = next((figures[name] for name in COEFFICIENTS if name in figures), None)
    return found


def finding(numbers: Numbers) -> dict[str, Any]:
    """Which groups agree clearly less than the rest, the farthest first, and how far silence may be trusted."""
    tested = [
        {"what": f"{kind if kind != 'policies' else 'policies'} {group}", "who": who, **figures["against_rest"]}
        for kind, groups in in_slices(numbers)
        for group, found in groups.items()
        for who, figures in raters(found)
        if figures["against_rest"]
    ]
    less = [one for one in tested if one["verdict"] == "agrees_less"]
    return {
        "less": sorted(less, key=lambda one: one["gap_pp"]["value"]),
        "tests": len(tested),
        "blind": sum(one["verdict"] == "underpowered" for one in tested),
    }


def over_time(found: Numbers | None) -> dict[str, Any] | None:
    """Lines of people and the judges with the most figures, and a table of all."""
    if not found or not found["periods"]:
        return None
    periods, unit = found["periods"], found["unit"]
    names = dict.fromkeys(who for one in periods for who, _ in raters(one))
    series = {who: points(who, periods) for who in names}
    shown = sorted((who for who in series if series[who]), key=lambda who: (who != PEOPLE, -len(series[who])))[:SERIES]
    return {
        "unit": unit,
        "series": [{"label": who, "points": series[who]} for who in shown],
        "names": list(names),
        "rows": [
            {"number": number, "label": label(one, unit), "cells": [(who, coefficient(dict(raters(one))[who])) for who in names]}
            for number, one in enumerate(periods, start=1)
        ],
    }  # fmt: skip


def points(who: str, periods: Sequence[Numbers]) -> list[tuple[int, float, float, float]]:
    """(number of the period, coefficient, low, high) wherever there is one, rounded as its table shows them."""
    told = ((number, coefficient(dict(raters(one)).get(who, {}))) for number, one in enumerate(periods, start=1))
    return [(number, round(v["value"], 3), round(v["low"], 3), round(v["high"], 3)) for number, v in told if v]


def label(period: Numbers, unit: str) -> str:
    """What a period is called; blocks of one day by their times."""
    if unit != "block":
        return str(period["label"])
    start, end = (timezone.localtime(datetime.fromisoformat(period[key])) for key in ("from", "to"))
    return f"{start:%d %b %H:%M} to {end:%H:%M}"
