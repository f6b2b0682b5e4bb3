"""Votes files of rising size through `aggregate` and `agreement`: time and memory, and whether both grow in proportion."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

SHARES = (0.1, 0.3, 1.0)  # of the largest file
COMMANDS = {"aggregate": ["--out", os.devnull], "agreement": ["--json"]}
LINEAR = 1.3  # times the growth of the votes that time and memory above the start may grow
EACH, PEOPLE = 5, 200
LABELS = ("a", "b", "tie")


def write(path: Path, votes: int, rng: np.random.Generator) -> None:
    """Five of two hundred people on each item, right seven times in ten."""
    items = votes // EACH
    truth = rng.integers(3, size=items)
    with path.open("w", encoding="utf-8") as lines:
        for item in range(items):
            people = rng.choice(PEOPLE, EACH, replace=False)
            said = np.where(rng.random(EACH) < 0.7, truth[item], rng.integers(3, size=EACH))
            for who, label in zip(people, said, strict=True):
                row = {
                    "item": f"item-{item:07d}",
                    "rater": f"person-{who:03d}",
                    "kind": "human",
                    "label": LABELS[label],
                }
                lines.write(json.dumps(row) + "\n")


def run(command: str, path: Path, options: list[str]) -> dict[str, float]:
    """Wall time, CPU and peak memory of one command in a process of its own."""
    # The peak of waited-for children never falls, so each command is measured by a child that has one child.
    code = (
        "import json,resource,subprocess,sys,time;b=time.monotonic();"
        "subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);"
        "u=resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps({'s':time.monotonic()-b,'cpu':u.ru_utime+u.ru_stime,'mb':u.ru_maxrss/1e3}))"
    )
    words = [sys.executable, "-m", "flywheel", command, str(path), *options]
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return {"seconds": round(told["s"], 1), "cpu_seconds": round(told["cpu"], 1), "peak_mb": round(told["mb"])}


def votes(largest: int, rng: np.random.Generator) -> dict[str, Any]:
    """Both commands on a tenth, three tenths and all of the votes."""
    figure: dict[str, Any] = {command: {} for command in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="flywheel-votes-") as folder:
        for share in SHARES:
            path, size = Path(folder) / "votes.jsonl", int(largest * share)
            write(path, size, rng)
            for command, options in COMMANDS.items():
                figure[command][str(size)] = run(command, path, options)
    for told in figure.values():
        small, _, large = list(told.values())
        growth = SHARES[-1] / SHARES[0]
        told["growth_of_time"] = round(large["cpu_seconds"] / small["cpu_seconds"] / growth, 2)
        told["growth_of_memory"] = round(large["peak_mb"] / small["peak_mb"] / growth, 2)
    worst = max(told[f"growth_of_{what}"] for told in figure.values() for what in ("time", "memory"))
    return {
        "figure": figure,
        "threshold": f"no more than {LINEAR} times the growth of the votes",
        "replications": 1,
        "pass": worst <= LINEAR,
    }
