"""`simulate WORLD`: write a world with planted truth as files, for trying things out and for tests."""

import argparse
import json
from pathlib import Path

from flywheel.options import real, whole

LARGEST = 1e6  # log-odds, far beyond any judge's


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `simulate`."""
    simulate = commands.add_parser("simulate", help="write a world whose truth is known")
    simulate.add_argument("world", metavar="WORLD", help="support-desk, agreement, null-bias or position")
    simulate.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    simulate.add_argument(
        "--seed", type=whole(0), default=0, metavar="N", help="the same seed gives the same bytes (0)"
    )
    simulate.add_argument("--size", type=whole(1), metavar="N", help="items, or tasks of the support desk")
    simulate.add_argument("--overlap", type=whole(1), metavar="N", help="people who answer each item")
    simulate.add_argument(
        "--sharpness", type=real(-LARGEST, LARGEST), metavar="K", help="how sharply the judge sees quality"
    )
    simulate.add_argument(
        "--position", type=real(-LARGEST, LARGEST), metavar="B", help="the judge's log-odds for what it sees first"
    )
    simulate.add_argument(
        "--length", type=real(-LARGEST, LARGEST), metavar="D", help="the judge's log-odds for the longer answer"
    )
    simulate.add_argument("--json", action="store_true", help="print for programs")
    simulate.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the files and list them."""
    from flywheel.simulation import worlds

    chosen = worlds.settings(args.world, args.seed, args.size, args.overlap, args.sharpness, args.position, args.length)
    rows = worlds.write(args.world, args.out, chosen)
    if args.json:
        print(json.dumps({"world": args.world, "out": str(args.out), "seed": args.seed, "files": rows}))
        return 0
    print(f"{args.world}: {worlds.WORLDS[args.world].purpose}; seed {args.seed}, in {args.out}")
    print("\n".join(f"{name:<24}{count:>8} rows" for name, count in rows.items()))
    return 0
