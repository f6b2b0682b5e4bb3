"""How `bias` tells whether a judge may replace a person, what it makes of policy versions, and its own versions."""

from flywheel.reporting import Section

KEYS = """replacement (epsilon, passes, winning, advantage, people by name, and topics by name with the same but
epsilon); versions: POLICY: opponent, planned, earlier (versions of earlier plans), is_weighted, looks (version, judged, people,
gap_pp, slope_pp, slope_p, evidence, alarms: slope, jump or divergence); history: version, since, until, items, agreement."""


def lines(judge: Section) -> list[str]:
    """These parts of one judge for people to read."""
    return _replacement(judge["replacement"]) + _versions(judge["versions"]) + _history(judge["history"])


def _replacement(found: Section | None) -> list[str]:
    if found is None:
        return []
    told = [
        _may("in a person's place", found),
        f"  {'as near as a person':<22}{_share(found['advantage'])}",
    ]
    return told + [_may(f"on {topic}", inside) for topic, inside in found["topics"].items()]


def _may(what: str, found: Section) -> str:
    beaten, people = round(found["winning"]["value"] * found["winning"]["n"]), found["winning"]["n"]
    return f"  {what:<22}{'yes' if found['passes'] else 'no':>8}  beats {beaten} of {people} people"


def _versions(versions: Section) -> list[str]:
    told = []
    for policy, found in versions.items():
        told.append(f"  {policy} against {found['opponent']}")
        for look in found["looks"]:
            gap, alarms = look["gap_pp"], ", ".join(look["alarms"]) or "no alarm"
            told.append(
                f"    version {look['version']:<12}{gap['value']:>+8.1f}  [{gap['low']:+.1f}, {gap['high']:+.1f}] pp "
                f"judge over people, n = {gap['n']}: {alarms}"
            )
    return told


def _history(rows: list[Section]) -> list[str]:
    return [
        f"  {'version ' + (row['version'] or 'unknown'):<22}{_share(row['agreement']['raw'])} agreeing with people"
        for row in rows
        if row["agreement"]["raw"]
    ]


def _share(figure: Section) -> str:
    return f"{figure['value']:>8.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]  n = {figure['n']}"
