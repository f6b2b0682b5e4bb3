"""`release check DIR`: is a release folder whole, and fit to train on?"""

import argparse
import json
from pathlib import Path

from flywheel.records import JSON


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `release check`."""
    release = commands.add_parser("release", help="release folders")
    actions = release.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="compare a release folder with its manifest and look at every row")
    check.add_argument("folder", type=Path, metavar="DIR")
    check.add_argument("--json", action="store_true", help="print for programs")
    check.set_defaults(run=run_check)


def run_check(args: argparse.Namespace) -> int:
    """Print the problems of a release; 1 if there are any."""
    from flywheel.datasets.check import check
    from flywheel.datasets.release import read_manifest

    manifest, problems = read_manifest(args.folder), check(args.folder)
    if args.json:
        print(json.dumps({"id": manifest.id, "ok": not problems, "problems": problems}, ensure_ascii=False))
    else:
        print("\n".join(problems) if problems else _table(manifest.id, manifest.document))
    return 1 if problems else 0


def _table(name: str, document: dict[str, JSON]) -> str:
    lines = [f"release {document['name']}: sound", f"id {name}"]
    lines += [f"{path:<28}{entry['rows'] or 0:>8} rows" for path, entry in document["files"].items()]
    lines += [f"left out: {reason:<18}{count:>8}" for reason, count in document["excluded"].items()]
    return "\n".join(lines)
