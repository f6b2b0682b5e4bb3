"""One judge's part of the newest bias report, laid out for reading."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.models import Event, Judge, Report
from annotation.queries import bias, disagreements, raters
from annotation.queries.bias import MEASURES, VERDICTS, Numbers
from annotation.queries.judges import HOW_KNOWN

BY_LABEL = "The label that both orders agree on, otherwise a tie, which is wrong. Far below the other figure, its labels contradict its probabilities."
EVENTS = 20  # in the history
SHOWN = 50  # items on which it differs from people
FAILED = "judge.failed"
NEARER = {
    "biased": "It is nearer to people here, or farther from them, than elsewhere.",
    "no_material_bias": "Any difference to other topics is below what would matter (5 points), and the data could have shown it.",
    "inconclusive": "There may be a difference; the interval is too wide to say.",
    "underpowered": "Too few items to find a difference that matters. This does not mean there is none.",
}
ALARMS = {
    "slope": "its favour over people grows from version to version",
    "jump": "one version gains more than 10 points of favour on the first",
    "divergence": "it sees a rise where people see a fall",
}


def layout(judge: Judge, report: Report | None, *, names: bool) -> dict[str, Any]:
    """All sections of the page; without names annotators are annotator-<id>. `found` is None where the report lacks the judge."""
    numbers = report.numbers if report else {}
    told = {"found": numbers.get("judges", {}).get(judge.name), "not_possible": numbers.get("not_possible", [])}
    if report and names:
        told = raters.named(told, raters.names_of(report.project))
    found, gaps = told["found"], lacking(judge.name, told["not_possible"])
    if found is None:
        return {"found": None, "lacking": gaps}
    favour = found.get("self_preference")
    return {
        "found": found,
        "lacking": gaps,
        "accuracy": accuracy(found, judge.gate or {}),
        "position": bias.position(found["position"]),
        "features": bias.features(found.get("features") or {}, found.get("first_stage")),
        "family": bias.features({"own_family": favour} if favour else {}),
        "topics": topics(found.get("topics") or {}),
        "calibration": found.get("calibration"),
        "replacement": replacement(found.get("replacement")),
        "versions": [policy(name, one) for name, one in sorted((found.get("versions") or {}).items())],
        "own_versions": found.get("history") or [],
        **against(judge.name, numbers),
    }


def lacking(judge: str, gaps: Sequence[Numbers]) -> dict[str, list[Numbers]]:
    """What could not be computed of this judge, by section of the page."""
    name, features = re.escape(judge), "|".join(bias.FEATURES)
    figures = rf"(kappa|AC1|raw agreement) of {name}"
    sections = {
        "judge": "judges|humans",
        "accuracy": rf"{figures} with humans",
        "position": rf"position of {name}",
        "features": rf"features( of {name})?|({features}) of {name}",
        "family": rf"self-preference( of {name})?",
        "topics": rf"topics( of {name})?|topic .+ of {name}",
        "calibration": rf"calibration of {name}",
        "replacement": rf".+ against {name}|replacement (on .+ )?by {name}",
        "versions": rf"policy versions( by {name})?|.+@.+ by {name}",
        "history": rf"history of {name}|{figures}, version .+ with humans",
    }
    return {
        section: together(name, [gap for gap in gaps if re.fullmatch(pattern, gap["what"], re.DOTALL)])
        for section, pattern in sections.items()
    }


def together(name: str, gaps: Sequence[Numbers]) -> list[Numbers]:
    """Gaps of one section, those with the same reason as one; the page need not say whose they are."""
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        what = re.sub(rf" (of|by|against) {name}( with humans)?$", "", gap["what"])
        by_reason.setdefault(gap["why"], []).append(bias.FEATURES.get(what, what))
    return [{"what": ", ".join(names), "why": why} for why, names in by_reason.items()]


def accuracy(found: Numbers, gate: Numbers) -> list[dict[str, Any]]:
    """Agreement with most people, and known answers by the check that lets the judge work alone."""
    rows = [
        {**bias.row(MEASURES[key][0], value), "meaning": MEASURES[key][1]}
        for key, value in bias.in_order(found["agreement"])
    ]
    known = {**bias.row("right on known answers, by probability", gate.get("accuracy")), "meaning": HOW_KNOWN}
    by_label = {**bias.row("right on known answers, by label", found.get("gold")), "meaning": BY_LABEL}
    return [*rows, known, *([by_label] if found.get("gold") else [])]


def topics(found: Mapping[str, Numbers]) -> list[dict[str, Any]]:
    """Topics by how much nearer to people the judge is than on average, the farthest first."""
    rows = []
    for name, one in sorted(found.items(), key=lambda row: row[1]["shrunk_pp"]["value"]):
        label, tone, _ = VERDICTS[one["verdict"]]
        if one["verdict"] == "biased":
            label, tone = ("farther", "bad") if one["shrunk_pp"]["value"] < 0 else ("nearer", "accent")
        named = {"label": name, "verdict": label, "tone": tone, "sentence": NEARER[one["verdict"]]}
        rows.append({**one, **named, "effect_pp": one["shrunk_pp"], **one["shrunk_pp"]})
    return rows


def replacement(found: Numbers | None) -> dict[str, Any] | None:
    """Whether it may stand in for a person: the answer in words, each person, and each topic."""
    if found is None:
        return None
    people = [{"who": who, **one} for who, one in sorted(found["people"].items())]
    within = [{"topic": topic, **one, "beaten": beaten(one)} for topic, one in sorted(found["topics"].items())]
    return {
        **found,
        "beaten": beaten(found),
        "lines": people,
        "within": within,
        "allowance": round(100 * found["epsilon"]),
    }


def beaten(found: Numbers) -> str:
    """How many people the judge beats: "3 of 4"."""
    share = found["winning"]
    return f"{round(share['value'] * share['n'])} of {share['n']}"


def policy(name: str, found: Numbers) -> dict[str, Any]:
    """One policy over its versions: both win rates as lines, the gap of each version, and the alarm in words."""
    looks: Sequence[Numbers] = found["looks"]
    raised = list(dict.fromkeys(alarm for look in looks for alarm in look["alarms"]))
    return {
        **found,
        "name": name,
        "series": [
            {"label": label, "points": [point(place, look[key]) for place, look in enumerate(looks, start=1)]}
            for key, label in (("judged", "won by the judge"), ("people", "won by people"))
        ],
        "rows": [{**look, "raised": [ALARMS[alarm] for alarm in look["alarms"]]} for look in looks],
        "raised": [ALARMS[alarm] for alarm in raised],
        "slope": looks[-1]["slope_pp"],
    }


def point(place: int, rate: Numbers) -> tuple[int, float, float, float]:
    """A point of a line with its interval, rounded as its table shows it."""
    return place, round(rate["value"], 3), round(rate["low"], 3), round(rate["high"], 3)


def against(judge: str, numbers: Numbers) -> dict[str, Any]:
    """Items on which the judge says something else than people, those where people clearly agree first."""
    listed = [row for row in numbers.get("disagreements", []) if judge in row["judges"]]
    return {
        "against_count": len(listed),
        "against": [
            {
                **disagreements.told(row),
                "title": disagreements.KINDS[row["kind"]][0],
                "said": disagreements.label(row["judges"][judge]),
                "why": ", ".join(
                    disagreements.REASONS.get(one, bias.FEATURES.get(one, one)) for one in row["reasons"].get(judge, [])
                ),
            }
            for row in listed[:SHOWN]
        ],
    }


def events(judge: Judge) -> list[Event]:
    """What was decided about the judge, newest first; failures to answer are told elsewhere."""
    found = judge.project.events.filter(subject=judge.pk, verb__startswith="judge.").exclude(verb=FAILED)
    return list(found.select_related("actor").order_by("-pk")[:EVENTS])


def last_failure(judge: Judge) -> Event | None:
    """The newest time that it could not answer."""
    return judge.project.events.filter(subject=judge.pk, verb=FAILED).order_by("-pk").first()
