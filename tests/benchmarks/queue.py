"""`make bench PART=queue`: 8 people with 2 tabs fill 2,000 items three times while processes are killed.

Writes what happened to docs/evidence/queue-chaos.json; fails if a promise of the queue was broken.
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
from tests.annotation import queue_chaos
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


def main() -> int:
    """Run the drill on a database of its own; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=FULL.items, help="fewer for a try: the evidence is then not kept")
    parser.add_argument("--seed", type=int, default=FULL.seed)
    parser.add_argument("--log", type=Path, default=Path(os.environ["FLYWHEEL_STATE_DIR"]) / "chaos.log")
    given = parser.parse_args()
    plan = Plan(items=given.items, seed=given.seed)
    postgres.ensure(ROOT, fast=True)
    made = setup_databases(verbosity=0, interactive=False)
    began = code()
    try:
        outcome = queue_chaos.run(plan, log=given.log)
        found = evidence(began, plan, outcome)
        if plan.items == FULL.items:
            write(found)
        print(json.dumps(found, indent=2))
    finally:
        teardown_databases(made, verbosity=0)
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
