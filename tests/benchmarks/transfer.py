"""`make bench PART=transfer`: traces in and answers out over HTTP, beside COPY of the same rows in the same run.

The evidence is kept if the code is committed; --write keeps it anyway.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.peer import evidence, product, transfers
from tests.benchmarks.peer.servers import PRODUCT, Postgres, Web

EVIDENCE = "transfer.json"
SMALL, LARGE = 1_000, 50_000  # items in the tables; twice as many traces
LEAST = 0.3  # of COPY
FLAT = 1.3  # cost of a batch in the large tables over its cost in the small ones
FIRST_BYTE_MS, GROWTH_MB = 200.0, 50.0
ABOUT = ("annotations", "votes", "preferences", "pairs")


def measured(items: int, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Imports into tables of this size, and exports out of them."""
    postgres = Postgres(folder)
    ours, theirs = f"bench_transfer_{items}", f"bench_copy_{items}"
    with postgres.running():
        try:
            postgres.create(ours)
            stocked = product.stocked(
                postgres.url(ours), folder, items=items, people=8, seed=given.seed, is_answered=True
            )
            postgres.create(theirs, like=ours)
            web = Web(PRODUCT, database=postgres.url(ours), state=folder)
            web.wait()
            try:
                meters = transfers.Meters(web.process.pid, postgres.pid)
                found: dict[str, Any] = {
                    name: transfers.exported(name, web.port, stocked, meters, rounds=given.rounds) for name in ABOUT
                }
                found["import"] = transfers.imported(
                    web.port,
                    stocked,
                    postgres.url(theirs),
                    meters,
                    rounds=given.rounds,
                    traces=given.traces,
                    seed=given.seed,
                )
            finally:
                web.stop()
            found["postgres"], found["fsync"] = postgres.shown("server_version"), postgres.shown("fsync")
        finally:
            postgres.drop(ours)
            postgres.drop(theirs)
    return found


def misses(found: dict[str, Any]) -> list[str]:
    """A sentence for each broken promise; of the large tables, where they are harder to keep."""
    sizes = list(found["sizes"].values())
    said = []
    for name in ("import", *ABOUT):
        large = sizes[-1][name]
        if large["ratio"] < LEAST:
            said.append(f"{name}: {large['ratio']:.2f} of COPY; at least {LEAST}")
        if large["growth_mb"] > GROWTH_MB:
            said.append(f"{name}: memory grew by {large['growth_mb']:.0f} MB; at most {GROWTH_MB:.0f}")
        if large.get("first_byte_ms", 0) > FIRST_BYTE_MS:
            said.append(f"{name}: first byte after {large['first_byte_ms']:.0f} ms; at most {FIRST_BYTE_MS:.0f}")
    if found["import_cost_growth"] > FLAT:
        said.append(
            f"import: a batch costs {found['import_cost_growth']:.2f} times as much in large tables; at most {FLAT}"
        )
    return said


def main() -> int:
    """Measure; 1 if the product is slower than it promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=(SMALL, LARGE), help="items in the tables, rising")
    parser.add_argument("--traces", type=int, default=5_000, help="of one POST")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="keep the evidence of a try or of uncommitted code too")
    given = parser.parse_args()
    found: dict[str, Any] = {"command": "make bench PART=transfer", **evidence.code(), "machine": evidence.machine()}
    found |= {"seed": given.seed, "rounds": given.rounds, "traces": given.traces, "sizes": {}}
    print(transfers.HEAD)
    for items in given.items:
        with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
            Path(folder).chmod(0o755)  # Postgres runs as nobody where we are root
            found["sizes"][str(items)] = measured(items, given, Path(folder))
    costs = [size["import"]["cpu_ms"] for size in found["sizes"].values()]
    found["import_cost_growth"] = round(costs[-1] / costs[0], 2)
    if given.write or (tuple(given.items) == (SMALL, LARGE) and not found["uncommitted"]):
        evidence.write(EVIDENCE, found)
    missed = misses(found)
    print("\n".join(missed) or "All budgets are kept.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
