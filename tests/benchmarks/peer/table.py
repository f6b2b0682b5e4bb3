"""The benchmark of loops as a table in a terminal."""

from typing import Any

COLUMNS = {
    "people": 7, "overlap": 8, "system": 20, "loops/s": 8, "ratio": 7, "by CPU": 7, "claim p50/95/99 ms": 24,
    "submit p50/95/99 ms": 24, "app ms": 8, "db ms": 8, "client": 8,
}  # fmt: skip
HEAD = " ".join(f"{word:>{width}}" for word, width in COLUMNS.items())


def line(people: int, overlap: int, system: str, result: dict[str, Any]) -> str:
    """A row."""
    said = [
        people, overlap, system, result["loops_per_s"], result.get("ratio", "-"), result.get("cpu_ratio", "-"),
        spread(result["claim"]), spread(result["submit"]),
        result["app_cpu_ms"], result["db_cpu_ms"], result["client_cpu_ms"],
    ]  # fmt: skip
    return " ".join(f"{word!s:>{width}}" for word, width in zip(said, COLUMNS.values(), strict=True))


def spread(found: dict[str, Any]) -> str:
    """Quantiles in a cell."""
    return " / ".join(str(found[f"p{percent}_ms"]) for percent in (50, 95, 99)) if found["n"] else "-"
