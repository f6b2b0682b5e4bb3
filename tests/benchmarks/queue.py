"""`make bench PART=queue`: the queue while processes are killed; fails if a promise of the queue was broken.

chaos: 8 people with 2 tabs fill 2,000 items three times; kept in docs/evidence/queue-chaos.json.
operations: 32 annotators do generated operations while web servers, workers and Postgres are killed, in parts of less
than nine minutes; each part is kept in docs/evidence/queue-operations.json at once, and the next run goes on after it:
`nohup .venv/bin/python -m tests.benchmarks.queue operations --parts 99 &` ends at a million operations.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("FLYWHEEL_TEST_DB", "test_queue_chaos")
    django.setup()

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from annotation import postgres
from tests.annotation import queue_chaos, queue_evidence
from tests.annotation.queue_clients import Outcome, Plan

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "queue-chaos.json"
FULL = Plan(items=2000)


def git(*words: str) -> str:
    """What git says about this checkout."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def code() -> dict[str, Any]:
    """What is about to be tried."""
    return {
        "commit": git("rev-parse", "HEAD"),
        "uncommitted": git("status", "--porcelain", "--untracked-files=no", "annotation", "flywheel").splitlines(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def evidence(began: dict[str, Any], plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """All that is needed to judge the result, and to get it again; `began` is the code at the start."""
    return {
        "command": "make bench PART=queue",
        **began,
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "postgres": shown("server_version"),
            "fsync": shown("fsync"),
        },
        "plan": queue_chaos.described(plan),
        "seconds": outcome.seconds,
        "counts": dict(sorted(outcome.counts.items())),
        "violations": outcome.violations,
    }


def shown(setting: str) -> str:
    """A setting of the database server."""
    with connection.cursor() as sql:
        sql.execute("SELECT current_setting(%s)", [setting])
        return str(sql.fetchone()[0])


def write(found: dict[str, Any]) -> None:
    """Keep the evidence."""
    EVIDENCE.parent.mkdir(parents=True, exist_ok=True)
    EVIDENCE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def chaos(plan: Plan, log: Path) -> int:
    """The drill on a database of its own; how many promises were broken."""
    postgres.ensure(ROOT, fast=True)
    made = setup_databases(verbosity=0, interactive=False)
    began = code()
    try:
        outcome = queue_chaos.run(plan, log=log)
        found = evidence(began, plan, outcome)
        if plan.items == FULL.items:
            write(found)
        print(json.dumps(found, indent=2))
    finally:
        teardown_databases(made, verbosity=0)
    return len(outcome.violations)


def main() -> int:
    """Run the stages that are named; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="?", choices=["chaos", "operations"], help="only this; both if none is named")
    parser.add_argument("--items", type=int, default=FULL.items, help="fewer for a try: the evidence is then not kept")
    parser.add_argument("--seed", type=int, default=FULL.seed)
    parser.add_argument("--log", type=Path, default=Path(os.environ["FLYWHEEL_STATE_DIR"]) / "chaos.log")
    parser.add_argument("--parts", type=int, default=1, help="how many more parts of the operations")
    parser.add_argument("--seconds", type=float, default=390.0, help="of work in a part")
    given = parser.parse_args()
    broken = 0
    if given.stage != "operations":
        broken += chaos(Plan(items=given.items, seed=given.seed), given.log)
    if given.stage != "chaos":
        broken += queue_evidence.run(given.parts, seconds=given.seconds, code=code)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
