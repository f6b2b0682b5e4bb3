"""`python -m tests.benchmarks.peer.claim_pages QUEUE TOKEN…`: prints the pages of the database touched per claim.

Each person claims over the API in this process, so that nothing but claims runs between two looks at the counters.
"""

import json
import os
import sys
import uuid

import django
from django.apps import apps
from django.conf import settings

if not apps.ready:
    django.setup()
    settings.DATABASES["default"]["OPTIONS"] = {}  # one connection and no pool: the counters are its own

import psycopg
from django.db import connection
from django.test import Client

ROUNDS = 6  # the first fills the caches of a fresh connection and is not counted
TOUCHED = "SELECT sum(blks_hit + blks_read) FROM pg_stat_database WHERE datname = %s"


def touched(watcher: psycopg.Connection) -> int:
    """Pages that connections to the product's database have asked for so far."""
    with connection.cursor() as sql:
        sql.execute("SELECT pg_stat_force_next_flush()")
        sql.execute("SELECT 1")  # the counters are told at the end of the statement before
    watcher.execute("SELECT pg_stat_clear_snapshot()")
    return int(watcher.execute(TOUCHED, [connection.settings_dict["NAME"]]).fetchone()[0])  # type: ignore[index]  # a sum is always one row


def claims(browser: Client, queue: int, tokens: list[str]) -> dict[str, int]:
    """An assignment for each person."""
    found = {}
    for token in tokens:
        answer = browser.post(f"/api/v1/queues/{queue}/claim", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.content
        found[token] = answer.json()["id"]
    return found


def answer_all(browser: Client, lent: dict[str, int]) -> None:
    """What was lent is answered, so that the next claim is a new one."""
    for token, assignment in lent.items():
        answer = browser.post(
            f"/api/v1/assignments/{assignment}/annotation",
            json.dumps({"answer": {"choice": "1"}}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())},
        )
        assert answer.status_code == 201, answer.content


def main() -> None:
    """Claim and count."""
    queue, *tokens = sys.argv[1:]
    browser, pages = Client(), []
    with psycopg.connect(os.environ["DATABASE_URL"].rpartition("/")[0] + "/app", autocommit=True) as watcher:
        answer_all(browser, claims(browser, int(queue), tokens))
        for _ in range(ROUNDS):
            before = touched(watcher)
            lent = claims(browser, int(queue), tokens)
            pages.append((touched(watcher) - before) / len(tokens))
            answer_all(browser, lent)
    counted = sorted(pages[1:])
    print(json.dumps({"pages_per_claim": round(counted[len(counted) // 2], 1), "rounds": pages}))


if __name__ == "__main__":
    main()
