"""The long storm in parts of less than nine minutes: what each found is kept at once, and the next run goes on after it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "queue-operations.json"
WANTED = 1_000_000  # operations
SEED = 7
LONGEST = 535.0  # seconds of one part, the start and the end included


def kept() -> list[dict[str, Any]]:
    """The parts that are done."""
    return json.loads(EVIDENCE.read_text(encoding="utf-8"))["parts"] if EVIDENCE.exists() else []


def run(parts: int, *, seconds: float, code: Callable[[], dict[str, Any]]) -> int:
    """The next parts, until there are enough operations; how many violations they found, and how many did not end."""
    found = 0
    for _ in range(parts):
        done = kept()
        if sum(part["operations"] for part in done) >= WANTED:
            break
        number = max((part["part"] for part in done), default=0) + 1
        told = one(number, seconds=seconds, code=code())
        write([*done, told])
        found += len(told["violations"]) + ("unfinished" in told)
        outcome = told.get("unfinished") or told["violations"] or "no violation"
        print(f"part {number}: {told['operations']} operations in {told['seconds']} s: {outcome}", flush=True)
    return found


def one(number: int, *, seconds: float, code: dict[str, Any]) -> dict[str, Any]:
    """One part in a process and on a Postgres of its own; a part that dies is kept with its reason."""
    folder = Path(tempfile.mkdtemp(prefix="flywheel-queue-"))
    folder.chmod(0o755)  # root's server runs as nobody
    seed, began = SEED * 1000 + number, time.monotonic()
    words = [sys.executable, "-m", "tests.annotation.queue_parts", "--seed", str(seed), "--seconds", str(seconds)]
    environment = {name: value for name, value in os.environ.items() if name != "FLYWHEEL_TEST_DB"}
    head = {"part": number, "seed": seed, **code}
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=environment | {"FLYWHEEL_PG_DIR": str(folder)}, capture_output=True, text=True,
            timeout=LONGEST,
        )  # fmt: skip
        return head | json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as problem:
        why = problem if isinstance(problem, subprocess.TimeoutExpired) else done.stderr[-2000:]
        seconds = round(time.monotonic() - began, 1)
        return head | {"operations": 0, "seconds": seconds, "counts": {}, "violations": [], "unfinished": str(why)}
    finally:
        stop_server(folder)
        shutil.rmtree(folder, ignore_errors=True)


def stop_server(folder: Path) -> None:
    """Leave no server behind, whatever happened to the part."""
    environment = os.environ | {"FLYWHEEL_PG_DIR": str(folder)}
    environment.pop("DATABASE_URL", None)
    subprocess.run(
        [sys.executable, "-m", "annotation.postgres", "stop"], cwd=ROOT, env=environment, capture_output=True
    )


def write(parts: list[dict[str, Any]]) -> None:
    """Keep the parts and their sums; a reader never sees half a file."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part["counts"])
    summed = {
        "command": "make bench PART=queue",
        "wanted": WANTED,
        "operations": sum(part["operations"] for part in parts),
        "violations": sum(len(part["violations"]) for part in parts),
        "seconds": round(sum(part["seconds"] for part in parts), 1),
        "parts_done": sum("unfinished" not in part for part in parts),
        "parts_unfinished": sum("unfinished" in part for part in parts),
        "commits": sorted({part["commit"] for part in parts}),
        "counts": dict(sorted(counts.items())),
        "parts": parts,
    }
    EVIDENCE.parent.mkdir(parents=True, exist_ok=True)
    draft = EVIDENCE.with_suffix(".new")
    draft.write_text(json.dumps(summed, indent=1) + "\n", encoding="utf-8")
    draft.replace(EVIDENCE)
