"""The evidence of the statistics as a page for people."""

from typing import Any

HEAD = """# Evidence of the statistics

Written by `{command}`; do not edit. {passed} of {of} parts pass{missing}. Every part names its commit, seed and machine in
`statistics.json`. A-1 to A-8 and B-1 to B-10 are acceptance tests on planted truth and published tables
(`tests/flywheel/acceptance/`); replications are worlds drawn.

| part | what | found | passes if | replications | result | s | commit |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def written(whole: dict[str, Any]) -> str:
    """The page."""
    missing = f"; not measured: {', '.join(whole['missing'])}" if whole["missing"] else ""
    rows = [
        f"| {name} | {one.get('what', '')} | {told(one)} | {one.get('threshold', '')} | {one.get('replications', '')} "
        f"| {result(one)} | {one['seconds']:.0f} | {one['commit'][:7]}{'+' if one['uncommitted'] else ''} |"
        for name, one in whole["parts"].items()
    ]
    note = "\n\nA + after a commit: the code had changes that were not committed.\n"
    return (
        HEAD.format(command=whole["command"], passed=whole["passed"], of=whole["of"], missing=missing)
        + "\n".join(rows)
        + note
    )


def line(name: str, one: dict[str, Any]) -> str:
    """One part in a line."""
    return f"{name}: {result(one)} in {one['seconds']} s: {told(one)}"


def result(one: dict[str, Any]) -> str:
    """Whether a part passed."""
    if "pass" not in one:
        return "not measured" if "not_measured" in one else "unfinished"
    return "pass" if one["pass"] else "**fail**"


def told(one: dict[str, Any]) -> str:
    """What was found, or why nothing was."""
    return _flat(one.get("figure", one.get("not_measured", one.get("unfinished", "")))).replace("|", "/")


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_braced(child)}" for name, child in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_flat(child) for child in value)
    return f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())


def _braced(value: Any) -> str:
    return f"({_flat(value)})" if isinstance(value, dict) else _flat(value)
