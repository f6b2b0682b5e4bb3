"""`make bench PART=statistics`: the acceptance tests at full length, published figures, other libraries, speed, a million votes.

Each part is a process of less than nine minutes; what it found is kept at once in docs/evidence/statistics.json and the
table statistics.md, and the next run goes on with what is not there yet: `nohup make bench PART=statistics &` ends with all.
`make bench PART=statistics ARGS="A-4 speed:alpha"` measures these again; --quick tries all and keeps nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.peer import evidence
from tests.benchmarks.statistical import large, speed, table
from tests.flywheel.acceptance import peers, published, registry

EVIDENCE = "statistics.json"
SEED = 7
LONGEST = 535.0  # seconds of one part
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # of linear algebra, for all alike: threads that wait would count as work
CODE = ("flywheel", "tests/flywheel/acceptance", "tests/benchmarks/statistical")

Found = dict[str, Any]
Part = tuple[Callable[[int, np.random.Generator], Found], int, int]  # the check, its full and its quick size


def parts() -> dict[str, Part]:
    """All that is measured, in order."""
    found: dict[str, Part] = {
        name: (check, registry.replications(name, quick=False), registry.replications(name, quick=True))
        for name, check in registry.checks().items()
    }
    found |= {f"published:{name}": (check, 1, 1) for name, check in published.CHECKS.items()}
    found |= {f"equal:{name}": (check, 20, 2) for name, check in peers.CHECKS.items()}
    found |= {f"speed:{name}": (check, full, full // 10) for name, (check, full) in speed.CHECKS.items()}
    return found | {"votes:a million": (large.votes, 1_000_000, 20_000)}


def measured(name: str, *, is_quick: bool) -> Found:
    """One part in a process of its own; one that does not end is kept with its reason."""
    head = {**evidence.code(*CODE), "machine": evidence.machine(), "seed": SEED}
    words = [sys.executable, "-m", "tests.benchmarks.statistics", "--here", *(["--quick"] if is_quick else []), name]
    began = time.monotonic()
    try:
        done = subprocess.run(
            words, cwd=evidence.ROOT, env=os.environ | ONE_THREAD, capture_output=True, text=True, timeout=LONGEST
        )
        told: Found = (
            json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"unfinished": done.stderr[-2000:]}
        )
    except subprocess.TimeoutExpired as problem:
        told = {"unfinished": str(problem)}
    return head | {"seconds": round(time.monotonic() - began, 1)} | told


def here(name: str, *, is_quick: bool) -> Found:
    """One part in this process; without its real data it is not measured."""
    check, full, quick = parts()[name]
    try:
        what = (check.__doc__ or "").splitlines()[0]
        return {"what": what, **check(quick if is_quick else full, np.random.default_rng([SEED, *name.encode()]))}
    except pytest.skip.Exception as reason:
        return {"not_measured": str(reason)}


def keep(found: dict[str, Found]) -> None:
    """The evidence so far, with what is still missing."""
    order = [name for name in parts() if name in found]
    missing = [name for name in [*registry.WANTED, *parts()] if name not in found]
    whole = {
        "command": "make bench PART=statistics",
        "passed": sum(one.get("pass", False) for one in found.values()),
        "of": len(found),
        "missing": list(dict.fromkeys(missing)),
        "commits": sorted({one["commit"] for one in found.values()}),
        "parts": {name: found[name] for name in order},
    }
    evidence.write(EVIDENCE, whole)
    (evidence.FOLDER / "statistics.md").write_text(table.written(whole), encoding="utf-8")


def main() -> int:
    """Measure some parts; 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="PART", help=f"measure these again: {', '.join(parts())}")
    parser.add_argument("--quick", action="store_true", help="few replications; the evidence is not kept")
    parser.add_argument("--here", action="store_true", help="one part in this process, told as JSON")
    given = parser.parse_args()
    if unknown := set(given.names) - set(parts()):
        parser.error(f"no part {', '.join(sorted(unknown))}")
    if given.here:
        print(json.dumps(here(given.names[0], is_quick=given.quick), default=lambda number: number.item()))
        return 0
    kept: dict[str, Found] = {} if given.quick else evidence.read(EVIDENCE).get("parts", {})
    done = [name for name, one in kept.items() if "pass" in one]
    failed = 0
    for name in given.names or [name for name in parts() if name not in done]:
        kept[name] = measured(name, is_quick=given.quick)
        failed += not kept[name].get("pass", False)
        print(table.line(name, kept[name]), flush=True)
        if not given.quick:
            keep(kept)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
