"""What the report on people says of somebody, in words: each flag with its reason, each figure with its meaning."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from annotation.queries.bias import FEATURES

Numbers = Mapping[str, Any]

QUALITY, SWAY, DRIFT = "annotator-quality", "what-sways-a-person", "drift-of-a-person"  # sections of docs/methods.md
WORDS = {**FEATURES, "position": "what is shown first"}
# flag → (a few words, what was seen)
FLAGS = {
    "adverse": ("answers against the others", "Answers mostly go against what the others and the known answers say. Perhaps the question is read the other way round: ask. These answers tell much and keep their weight, as the weighing turns them round."),
    "uninformative": ("answers tell little", "Whatever the others say, the answers come out much the same: the chance is above 90 % that informativeness is below 0.2. Unclear guidelines look like this too."),
    "gold": ("known answers missed", "Fewer known answers were met than by somebody who is right seven times in ten, more than chance explains."),
    "hurried": ("too quick to have read", "More than 15 % of the answers came sooner than anybody can read so many words, and the answers tell little. Speed alone is never a reason."),
    "straight_lining": ("one side again and again", "The same side was chosen far more often, or in longer runs, than shuffled sides allow."),
}  # fmt: skip
# verdict → (word, tone); what it means is in POOLED_WORDS
POOLED = {
    "biased": ("seen", "warn"),
    "no_material_bias": ("none that matters", "good"),
    "inconclusive": ("inconclusive", "warn"),
    "underpowered": ("underpowered", ""),
}
POOLED_SENTENCES = {
    "no_material_bias": "Any change is smaller than what would matter (5 points), and the data could have shown it.",
    "inconclusive": "There may be a change; the interval is too wide to say.",
    "underpowered": "There are too few answers to find a change that matters. This does not mean there is none.",
}
# what → (heading, per what, what a fall and a rise that were seen mean)
POOLED_WORDS = {
    "fatigue": (
        "Late in a sitting", "points of agreement with the others, over fifty more answers without a break",
        "Late in a sitting people agree less with each other. Shorter sittings help; it is nobody's fault.",
        "Late in a sitting people agree more with each other: they may still be learning at the start.",
    ),
    "slowness": (
        "Taking longer", "points of agreement with the others, per doubling of the time an answer takes",
        "Answers that took long agree less: they are likely the hard ones. Nobody should hurry because of it.",
        "Answers that took their time agree more. Leave people time.",
    ),
}  # fmt: skip


def flag(name: str) -> dict[str, str]:
    """A flag of the report as {name, label, reason}."""
    kind, _, feature = name.partition(":")
    if kind == "swayed":
        what = WORDS.get(feature, feature)
        reason = f"Leans to {what} in pairs where the others do not, by more than 5 points with a chance above 90 %."
        return {"name": name, "label": f"swayed by {what}", "reason": reason}
    label, reason = FLAGS.get(name, (name.replace("_", " "), ""))
    return {"name": name, "label": label, "reason": reason}


def flags(names: Sequence[str]) -> list[dict[str, str]]:
    """All flags of a person."""
    return [flag(name) for name in names]


def pooled(found: Numbers) -> list[dict[str, Any]]:
    """What all people together show: fatigue, and whether taking longer goes with agreeing; with its verdict as a badge."""
    rows = []
    for name, (heading, unit, fall, rise) in POOLED_WORDS.items():
        if one := found.get(name):
            label, tone = POOLED[one["verdict"]]
            seen = fall if one["effect_pp"]["value"] < 0 else rise
            sentence = POOLED_SENTENCES.get(one["verdict"], seen)
            rows.append({**one, "heading": heading, "unit": unit, "label": label, "tone": tone, "sentence": sentence})
    return rows


def figure(label: str, estimate: Numbers | None, meaning: str, anchor: str, decimals: int = 2) -> dict[str, Any]:
    """A row of templates/people/_figures.html."""
    return {"label": label, "estimate": estimate, "meaning": meaning, "anchor": anchor, "decimals": decimals}


def reliability(one: Numbers) -> list[dict[str, Any]]:
    """How much the answers tell, and known answers."""
    quality, gold = one.get("quality"), one.get("gold")
    return [
        figure("informativeness", quality and quality["informativeness"],
               "How much the answers move with the truth as far as the others and known answers show it: 1 always right, 0 the same whatever the truth, below 0 reversed.", QUALITY),
        figure("right on known answers", gold and gold["right"],
               "Share of the known answers that were met, mixed in unseen; unlike all else here it does not depend on the others.", QUALITY),
    ]  # fmt: skip


def sides(one: Numbers) -> list[dict[str, Any]]:
    """Whether the side shown first is chosen for being first."""
    found, sways = one.get("sides"), one.get("sways") or {}
    position = sways.get("position")
    return [
        figure("chose what was first", found and found["first"],
               "Share of the decided answers for the side shown first. Sides are shuffled, so half is what a careful person comes to.", QUALITY),
        figure("effect of first place, points", position and position["shrunk_pp"],
               "How much more often a side is chosen for being shown first, at equal quality as the others see it; drawn together with everybody's.", SWAY, 1),
    ]  # fmt: skip


def speed(one: Numbers) -> list[dict[str, Any]]:
    """How long answers take. Never a reason for anything by itself."""
    found = one.get("speed")
    return [
        figure("seconds an answer", found and found["seconds"], "The middle one of the active seconds: half of the answers took longer.", QUALITY, 0),
        figure("sooner than anybody reads", found and found["hurried"], "Share of answers in less than 2 seconds, or less than the shown words take at 25 tokens a second. Some people read fast, and some pairs need no reading to the end.", QUALITY),
        figure("unusually quick for this person", found and found["unusual"], "Share of answers far quicker than this person's own pace for so many words.", QUALITY),
    ]  # fmt: skip


def swayed(one: Numbers) -> list[dict[str, Any]]:
    """Rows of the forest plot of what sways a person, the strongest first; None where it could not be told."""
    sways = {name: sway for name, sway in (one.get("sways") or {}).items() if sway}
    strongest = sorted(sways.items(), key=lambda row: -abs(row[1]["shrunk_pp"]["value"]))
    return [{"label": WORDS.get(name, name), **sway, **sway["shrunk_pp"]} for name, sway in strongest]


def course(one: Numbers) -> dict[str, Any]:
    """Drift: the finding in one sentence, and the lines of agreement over time."""
    drift = one.get("drift")
    blocks = [{**block, "from": minute(block["first"])} for block in one.get("timeline") or []]
    answered, points, others = 0, [], []
    for block in blocks:
        answered += block["n"]
        points.append((answered, *(round(block[end], 3) for end in ("value", "low", "high"))))
        if beside := block["others"]:
            others.append((answered, *(round(beside[end], 3) for end in ("value", "low", "high"))))
    lines = [{"label": "this person with the others", "points": points}]
    lines += [{"label": "the others among themselves, meanwhile", "points": others}] if others else []
    return {
        "drift": drift,
        "sentence": sentence(drift),
        "blocks": blocks,
        "until": minute(blocks[-1]["last"]) if blocks else "",
        "lines": lines if blocks else [],
    }


def minute(moment: str) -> str:
    """A time of the report, to the minute."""
    return f"{timezone.localtime(datetime.fromisoformat(moment)):%Y-%m-%d %H:%M}"


def sentence(drift: Numbers | None) -> str:
    """What the test of drift says, kindly."""
    if drift is None:
        return ""
    if drift["is_falling"]:
        return "Agrees less with the others than before, beyond what changed for everybody. What changed? Guidelines, items, or a long day: talk about it. Nothing follows from this by itself."
    if drift["mde_pp"] > 20:
        return "No fall seen, but so few answers could only have shown a very large one."
    return "No fall seen beyond what changed for everybody."
