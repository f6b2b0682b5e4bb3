"""`make bench PART=loops`: claim, look, submit over HTTP, beside a bare Django + DRF pair of views in the same run.

One size of the queue is one part of docs/evidence/loops.json: `make bench PART=loops ARGS="--items 10000"`.
The evidence of a whole part is kept if the code is committed; --write keeps what there is.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.peer import bare, evidence, product, rounds, verdict
from tests.benchmarks.peer.product import Product
from tests.benchmarks.peer.rounds import Plan
from tests.benchmarks.peer.servers import Postgres
from tests.benchmarks.peer.tasks import made

EVIDENCE = "loops.json"
SIZES, PEOPLE = (10_000, 100_000, 1_000_000), (1, 8, 32)
DISTINCT = 1000  # questions of the bare pair that are not copies


def measured(plan: Plan, folder: Path, *, is_kept: bool, fills_only: bool) -> dict[str, Any]:
    """Both systems' databases filled, both served, all points measured; kept databases serve the next call."""
    postgres = Postgres(folder)
    theirs, ours = f"bench_bare_{plan.items}", f"bench_flywheel_{plan.items}"
    found = {**evidence.code(), "machine": evidence.machine(), "plan": plan.described()}
    with postgres.running():
        try:
            stocked = filled(plan, folder, postgres, theirs, ours)
            found["machine"] |= {"postgres": postgres.shown("server_version"), "fsync": postgres.shown("fsync")}
            if not fills_only:
                postgres.warm(theirs)
                postgres.warm(ours)
                found |= rounds.run(plan, postgres=postgres, bare_database=postgres.url(theirs), stocked=stocked)
        finally:
            if not is_kept:
                postgres.drop(theirs)
                postgres.drop(ours)
    return found


def filled(plan: Plan, folder: Path, postgres: Postgres, theirs: str, ours: str) -> Product:
    """The two databases with all items open: those of an earlier call if they were kept, else new ones."""
    made_before = folder / f"{ours}.json"
    if made_before.exists():
        stocked = product.read(made_before)
        bare.restock(postgres.url(theirs))
        stocked.restock()
        return stocked
    postgres.create(theirs)
    postgres.create(ours)
    bare.stock(postgres.url(theirs), made(DISTINCT, seed=plan.seed), items=plan.items)
    stocked = product.stocked(postgres.url(ours), folder, items=plan.items, people=max(PEOPLE), seed=plan.seed)
    product.write(stocked, made_before)
    return stocked


def is_whole(plan: Plan) -> bool:
    """Whether this is all that the evidence is to tell of one size."""
    return (plan.items in SIZES, plan.people, plan.systems, plan.is_quick) == (True, PEOPLE, rounds.SYSTEMS, False)


@contextmanager
def place(named: Path | None) -> Iterator[Path]:
    """The folder of the databases, or one that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as passing:
        folder = named or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # Postgres runs as nobody where we are root
        yield folder


def main() -> int:
    """Measure some sizes; 1 if the product is slower than it promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=SIZES, help="sizes of the queue")
    parser.add_argument("--people", type=int, nargs="+", default=PEOPLE, help="annotators at the same time")
    parser.add_argument("--systems", nargs="+", default=rounds.SYSTEMS, choices=rounds.SYSTEMS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="loops alone: no second overlap, no pages per claim")
    parser.add_argument("--write", action="store_true", help="keep the evidence of a try or of uncommitted code too")
    parser.add_argument("--folder", type=Path, help="keep the databases here, and use them again in the next call")
    parser.add_argument("--fill-only", action="store_true", help="with --folder: fill the databases, measure nothing")
    given = parser.parse_args()
    kept = evidence.read(EVIDENCE)
    parts: dict[str, Any] = {}
    for items in given.items:
        plan = Plan(
            items=items, people=tuple(given.people), systems=tuple(given.systems), rounds=given.rounds,
            seconds=given.seconds, seed=given.seed, is_quick=given.quick,
        )  # fmt: skip
        with place(given.folder) as folder:
            found = measured(plan, folder, is_kept=given.folder is not None, fills_only=given.fill_only)
        if given.fill_only:
            continue
        parts[str(items)] = found
        if given.write or (is_whole(plan) and not parts[str(items)]["uncommitted"]):
            kept = {"command": "make bench PART=loops", "parts": {**kept.get("parts", {}), **parts}}
            evidence.write(EVIDENCE, kept | {"flatness": verdict.flatness(kept["parts"])})
    misses = verdict.misses({**kept.get("parts", {}), **parts}, only=parts)
    print("\n".join(misses) or "All budgets are kept.")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
