"""One part of the long storm: over HTTP and beside it, while web servers, workers and Postgres itself are killed.

Runs on a Postgres of its own that flushes to disk: `python -m tests.annotation.queue_parts --seed 3 --seconds 400`.
`tests.benchmarks.queue` runs the parts one after the other and keeps what they found.
"""

import argparse
import json
import os
import random
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.apps import apps

if __name__ == "__main__" and not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from annotation import postgres
from annotation.models import Queue, User
from annotation.postgres_server import Server
from tests.annotation import queue_histories, queue_invariants, queue_storm
from tests.annotation.queue_crashes import Era, through_crashes
from tests.annotation.queue_crews import Tab
from tests.annotation.queue_hands import Actions, Clock
from tests.annotation.queue_journal import Journal
from tests.annotation.queue_requests import Requests
from tests.annotation.queue_storm import Plan
from tests.annotation.site import Kills, Site, running
from tests.factories import TokenFactory

ROOT = Path(__file__).resolve().parents[2]
MANY = 10_000_000  # operations: time ends a part
OVER_HTTP = 3  # one tab in three uses the API
# Rare enough that most of the machine's time goes into operations: a start costs seconds of both cores.
WEB_EVERY, WORKER_EVERY, POSTGRES_EVERY = (8.0, 25.0), (15.0, 45.0), (30.0, 75.0)


class Murders(Kills):
    """Kills of processes, and restarts of the database under all of them."""

    def __init__(self, site: Site, server: Server, journal: Journal) -> None:
        super().__init__(site, seed=journal.seed, web_every=WEB_EVERY, worker_every=WORKER_EVERY)
        self.server, self.journal, self.restarts = server, journal, random.Random(-journal.seed)
        self.restart_due = time.monotonic() + self.restarts.uniform(*POSTGRES_EVERY)

    def tend(self) -> None:
        """Kill what is due; called again and again."""
        for queue, worker in self.site.workers.items():
            if worker.poll() is not None:
                self.site.workers[queue] = self.site.start_worker(queue)
                self.journal.count(f"broken: worker {queue} ended by itself and was started again")
        through_crashes(super().tend, self.journal.era)
        if time.monotonic() >= self.restart_due:
            with self.journal.era.restarting():
                self.server.stop(mode="immediate")
                self.server.start()
            self.site.kills["Postgres"] += 1
            self.restart_due = time.monotonic() + self.restarts.uniform(*POSTGRES_EVERY)


def run(plan: Plan, *, server: Server, log: Path) -> Journal:
    """The part, from an empty queue to the last answer."""
    queue, people, manager = queue_storm.prepare(plan)
    journal, clock = Journal(plan.seed, Era()), Clock()
    with queue_invariants.watched():
        with running(log=log, stalled_after=3) as site:
            crews = queue_storm.start_crews(plan, tabs(plan, site, queue, people, clock, journal), journal)
            murders = Murders(site, server, journal)
            queue_storm.among_managers(plan, queue, manager, clock, journal, crews, meanwhile=murders.tend)
            journal.counts.update({f"killed: {name}": count for name, count in site.kills.items()})
        queue_histories.everything(queue, journal)
        queue_storm.calm(queue, people, manager, clock, journal)
        queue_histories.everything(queue, journal)
    return journal


def tabs(plan: Plan, site: Site, queue: Queue, people: list[User], clock: Clock, journal: Journal) -> list[Tab]:
    """Everybody's tabs; some use the API, with tokens of their own."""
    found: list[Tab] = []
    for number, who in enumerate([*people, *people[: plan.second_tabs]]):
        if number % OVER_HTTP:
            found.append((number, who, partial(Actions, queue, who, clock, journal.era)))
        else:
            secret = f"fw_storm-{number}"
            TokenFactory(project=queue.project, secret=secret, user=who, scopes=["queue:work"])
            hands = partial(Requests, site.url, secret, queue, who, clock, journal, journal.era)
            found.append((number, who, hands))
    return found


def shown(setting: str) -> str:
    """A setting of the database server."""
    with connection.cursor() as sql:
        sql.execute("SELECT current_setting(%s)", [setting])
        return str(sql.fetchone()[0])


def told(plan: Plan, journal: Journal, seconds: float) -> dict[str, Any]:
    """What the part found."""
    return {
        "operations": queue_storm.operations(journal),
        "seconds": round(seconds, 1),
        "annotators": plan.annotators,
        "tabs": plan.annotators + plan.second_tabs,
        "postgres": shown("server_version"),
        "fsync": shown("fsync"),
        "counts": dict(sorted(journal.counts.items())),
        "violations": journal.violations,
    }


def main() -> int:
    """Run one part on the server of FLYWHEEL_PG_DIR and print what it found as the last line; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=390.0, help="of work; the start and the end come on top")
    given = parser.parse_args()
    plan, began = Plan(operations=MANY, seed=given.seed, seconds=given.seconds), time.monotonic()
    server = Server(postgres.folder_of(ROOT))
    server.start()
    try:
        made = setup_databases(verbosity=0, interactive=False)
        journal = run(plan, server=server, log=server.folder / "site.log")
        sys.stdout.write(json.dumps(told(plan, journal, time.monotonic() - began)) + "\n")
        teardown_databases(made, verbosity=0)
    finally:
        server.stop()
    return 1 if journal.violations else 0


if __name__ == "__main__":
    sys.exit(main())
