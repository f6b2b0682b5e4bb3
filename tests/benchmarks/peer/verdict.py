"""What the product promises of its loops, and where it falls short."""

from collections.abc import Collection, Mapping
from typing import Any

LEAST = {"flywheel-api": 0.5, "flywheel-pages": 0.3}  # of the bare pair's loops per second
LONGEST_MS, AT_PEOPLE = 150.0, 32  # submit to next, 95th percentile
MOST_MB = 220.0  # of two idle web processes and their parent
FLAT = 1.2  # most pages per claim over least, whatever the size
Parts = Mapping[str, Mapping[str, Any]]


def misses(parts: Parts, *, only: Collection[str]) -> list[str]:
    """A sentence for each broken promise of the sizes in `only`."""
    said = [sentence for size in only for sentence in of_size(size, parts[size])]
    if (ratio := flatness(parts)) and ratio > FLAT:
        said.append(f"pages per claim differ {ratio:.2f}-fold between sizes; at most {FLAT}")
    return said


def of_size(size: str, part: Mapping[str, Any]) -> list[str]:
    """What is missed at one size."""
    said = []
    for point in part["points"]:
        for system, result in point["systems"].items():
            where = f"{size} items, {point['people']} people, {system}"
            if "ratio" in result and result["ratio"] < LEAST.get(system, 0):
                said.append(f"{where}: {result['ratio']:.2f} of the bare pair's loops; at least {LEAST[system]}")
            p95 = result["submit"].get("p95_ms", 0.0)
            if system in LEAST and point["people"] == AT_PEOPLE and p95 > LONGEST_MS:
                said.append(f"{where}: p95 from submit to next {p95:.0f} ms; at most {LONGEST_MS:.0f}")
    if part["idle_mb"]["flywheel"] > MOST_MB:
        said.append(f"{size} items: idle memory {part['idle_mb']['flywheel']:.0f} MB; at most {MOST_MB:.0f}")
    return said


def flatness(parts: Parts) -> float | None:
    """Most over least pages per claim, over the sizes that were measured."""
    pages = [part["pages_per_claim"] for part in parts.values() if "pages_per_claim" in part]
    return round(max(pages) / min(pages), 3) if len(pages) > 1 else None
