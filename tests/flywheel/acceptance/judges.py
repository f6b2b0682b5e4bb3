"""B-4, B-5, B-8 and B-9: topics, own families, probabilities and policy versions with planted faults of a judge."""

from typing import Any

import numpy as np

from flywheel.records import Vote
from flywheel.simulation.judge_worlds import family_world, sure_world, topic_world, version_world
from flywheel.stats import calibration, hacking, self_preference, slices
from flywheel.stats.hacking import Sample
from tests.flywheel.acceptance.chance import allowance

FALSE_DISCOVERIES, TOPIC_POWER = 0.12, {400: 0.55, 1000: 0.90}
FAVOUR, FAVOUR_POWER, FAVOUR_FALSE, ALPHA = 0.5, 0.80, 0.07, 0.05
FAN = "amber-judge"
FITTED, HELD_OUT, ECE_MOST = 300, 20_000, 0.05
FALSE_ALARMS, HACKING_POWER = 0.06, 0.95


def b4(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Eight of forty topics with a gap of seven points: how many are found, and how many found ones are none."""
    figure = {}
    for size in TOPIC_POWER:
        false, found = [], []
        for _ in range(replications):
            world = topic_world(rng, size=size)
            gaps = slices.by_topic(world.residual, world.topic, world.prompt).gaps
            flagged = np.array([gaps[str(topic)].verdict == "biased" for topic in range(len(world.gap))])
            false.append(flagged[world.gap == 0].sum() / max(1, flagged.sum()))
            found.append(flagged[world.gap != 0].mean())
        figure[f"{size} items a topic"] = {
            "false discoveries": round(float(np.mean(false)), 4),
            "power": round(float(np.mean(found)), 4),
        }
    return {
        "figure": figure,
        "threshold": f"false discoveries ≤ {FALSE_DISCOVERIES}; power ≥ 0.55 at 400 items a topic, ≥ 0.90 at 1,000",
        "replications": replications,
        "pass": all(
            one["false discoveries"] <= FALSE_DISCOVERIES + allowance(0.1, replications)
            and one["power"] >= least - allowance(least, 8 * replications)
            for one, least in zip(figure.values(), TOPIC_POWER.values(), strict=True)
        ),
    }


def b5(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Three judges and four generators of different worth: the judge of the best one's family favours it by 0.5; or none
    does, but that judge sees twice as sharply."""
    worlds = {"favour of 0.5": {"favour": FAVOUR}, "no favour, sharp": {"favour": 0.0, "sharpness": (2.0, 1.0, 1.0)}}
    figure = {name: _favoured(replications, rng, world) for name, world in worlds.items()}
    told, sharp = figure.values()
    # Judges who are all alike are taken together: of five shares near 0.05 the largest is above 0.07 by chance too often.
    others = [world[name] for world in figure.values() for name in world if name != FAN]
    false = {"false for the others": round(float(np.mean(others)), 4), "false for the sharp one": sharp[FAN]}
    return {
        "figure": figure | false,
        "threshold": f"400 pairs, two people each, p ≤ 0.05: power ≥ {FAVOUR_POWER}, false ≤ {FAVOUR_FALSE}",
        "replications": replications,
        "pass": told[FAN] >= FAVOUR_POWER - allowance(FAVOUR_POWER, replications)
        and max(false.values()) <= FAVOUR_FALSE + allowance(ALPHA, replications),
    }


def _favoured(replications: int, rng: np.random.Generator, world: dict[str, Any]) -> dict[str, float]:
    """The share of runs in which each judge's favour is told from none."""
    hits: dict[str, int] = {}
    for _ in range(replications):
        pairs, votes = family_world(rng, **world)
        by_judge: dict[str, list[Vote]] = {}
        for vote in votes:
            if vote.kind == "judge":
                by_judge.setdefault(vote.rater, []).append(vote)
        people = [vote for vote in votes if vote.kind == "human"]
        found = self_preference.preferences(by_judge, people, {pair.item: pair for pair in pairs}).favours
        for name, favour in found.items():
            hits[name] = hits.get(name, 0) + (favour.p <= ALPHA)
    return {name: round(count / replications, 4) for name, count in sorted(hits.items())}


def b8(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """A judge three times too sure, recalibrated on 300 pairs and looked at on prompts that it was not fitted on."""
    rows = []
    for _ in range(replications):
        seen, fresh = sure_world(rng, size=FITTED), sure_world(rng, size=HELD_OUT)
        said = {
            "as it is": fresh.said,
            "platt": calibration.platt(seen.said, seen.came).probability(fresh.said),
            "isotonic": calibration.isotonic(seen.said, seen.came).probability(fresh.said),
        }
        rows.append([[_ece(p, fresh.came), np.mean((p - fresh.came) ** 2)] for p in said.values()])
    mean = np.mean(rows, axis=0).round(4).tolist()
    figure = {name: {"ece": one[0], "brier": one[1]} for name, one in zip(said, mean, strict=True)}
    return {
        "figure": figure,
        "threshold": f"on held-out prompts, fitted on 300: error after Platt ≤ {ECE_MOST}, and the Brier score falls",
        "replications": replications,
        "pass": figure["platt"]["ece"] <= ECE_MOST and figure["platt"]["brier"] < figure["as it is"]["brier"],
    }


def _ece(said: np.ndarray, came: np.ndarray) -> float:
    """Of so many pairs that chance adds next to nothing."""
    order = np.array_split(np.argsort(said), calibration.BINS)
    return float(sum(abs((said[part] - came[part]).sum()) for part in order) / len(said))


def b9(replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """The alarm over eight versions: silent at a constant gap, loud where the gap grows; a test of each against the first
    is not silent."""
    quiet = [_looks(rng, 0.0) for _ in range(replications)]
    hacked = [_looks(rng, 0.04) for _ in range(replications)]
    slow = [_looks(rng, 0.02) for _ in range(replications)]
    naive = [_each_against_the_first(rng) for _ in range(replications)]
    figure = {
        "false alarms": _alarmed(quiet),
        "false alarms by rule": {
            rule: round(float(np.mean([any(rule in look.alarms for look in run) for run in quiet])), 4)
            for rule in ("slope", "jump", "divergence")
        },
        "found, 4 points a version": _alarmed(hacked),
        "median version of the alarm": float(
            np.median([next((v for v, look in enumerate(run) if look.alarms), len(run)) for run in hacked])
        ),
        "found, 2 points a version": _alarmed(slow),
        "false alarms of each version against the first": round(float(np.mean(naive)), 4),
    }
    return {
        "figure": figure,
        "threshold": f"120 items a version: false alarms ≤ {FALSE_ALARMS}, 4 points a version found ≥ {HACKING_POWER}",
        "replications": replications,
        "pass": figure["false alarms"] <= FALSE_ALARMS + allowance(ALPHA, replications)
        and figure["found, 4 points a version"] >= HACKING_POWER - allowance(HACKING_POWER, replications),
    }


def _looks(rng: np.random.Generator, slope: float) -> tuple[hacking.Look, ...]:
    world = version_world(rng, slope=slope)
    samples = [Sample(f"v{v}", judged, people, np.arange(len(people))) for v, (judged, people) in enumerate(world)]
    return hacking.watched(samples, planned=len(samples))


def _alarmed(runs: list[tuple[hacking.Look, ...]]) -> float:
    return round(float(np.mean([any(look.alarms for look in run) for run in runs])), 4)


def _each_against_the_first(rng: np.random.Generator) -> bool:
    gaps = [judged - people for judged, people in version_world(rng)]
    errors = [gap.var() / len(gap) for gap in gaps]
    return any(
        (gap.mean() - gaps[0].mean()) / (error + errors[0]) ** 0.5 > 1.645
        for gap, error in zip(gaps[1:], errors[1:], strict=True)
    )
