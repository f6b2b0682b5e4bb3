"""`make bench PART=idle`: what two hundred open pages without work cost while they ask for news every half minute.

Kept in docs/evidence/idle.json; the budget is 5 % of two cores.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmarks.peer import evidence, product
from tests.benchmarks.peer.http_client import Connection, header
from tests.benchmarks.peer.meters import Cpu
from tests.benchmarks.peer.product import Product
from tests.benchmarks.peer.servers import PRODUCT, Postgres, Web

PEOPLE, BETWEEN = 200, 30.0  # seconds between two questions, as static/js/news.js asks
CORES, MOST = 2, 0.05
NEWS = "/me/waiting/"


async def page(port: int, session: str, *, seconds: float, first: float, seen: Counter[int]) -> None:
    """One open page: a connection a question, as browsers close idle ones, and the tag of the last answer."""
    ends, tag = time.monotonic() + seconds, b""
    await asyncio.sleep(first)
    while time.monotonic() < ends:
        headers = {"Cookie": f"sessionid={session}"} | ({"If-None-Match": tag.decode()} if tag else {})
        async with Connection(port, headers) as http:
            answer = await http.request("GET", NEWS)
        seen[answer.status] += 1
        tag = header(answer.head, b"etag") or tag
        await asyncio.sleep(BETWEEN)


async def open_pages(port: int, stocked: Product, *, seconds: float) -> Counter[int]:
    """Everybody at once, each beginning at a moment of their own."""
    rng, seen = random.Random(7), Counter[int]()
    people = (page(port, s, seconds=seconds, first=rng.uniform(0, BETWEEN), seen=seen) for s in stocked.sessions)
    await asyncio.gather(*people)
    return seen


def spent(web: Web, postgres: Postgres) -> Cpu:
    """CPU of the web server and the database from now on."""
    return Cpu(app=web.process.pid, db=postgres.pid)


def measured(folder: Path, *, seconds: float) -> dict[str, Any]:
    """The share of two cores that the open pages use, beside the share that is used when nobody asks."""
    postgres = Postgres(folder)
    with postgres.running():
        postgres.create("bench_idle")
        stocked = product.stocked(postgres.url("bench_idle"), folder, items=PEOPLE, people=PEOPLE, seed=7)
        web = Web(PRODUCT, database=stocked.database, state=folder)
        try:
            web.wait()
            asyncio.run(open_pages(web.port, stocked, seconds=BETWEEN))  # connections, plans and caches
            meter, began = spent(web, postgres), time.monotonic()
            time.sleep(BETWEEN)
            nobody = share(meter, time.monotonic() - began)
            meter, began = spent(web, postgres), time.monotonic()
            seen = asyncio.run(open_pages(web.port, stocked, seconds=seconds))
            took = time.monotonic() - began
            everybody = share(meter, took)
        finally:
            web.stop()
    asked = seen.total()
    return {
        "people": PEOPLE,
        "seconds": round(took, 1),
        "requests": asked,
        "answered_304": seen[304],
        "share_of_two_cores": round(everybody, 4),
        "share_when_nobody_asks": round(nobody, 4),
        "cpu_ms_a_request": round((everybody - nobody) * CORES * took * 1000 / asked, 2),
    }


def share(meter: Cpu, seconds: float) -> float:
    """CPU of the server and the database since the meter began, as a share of two cores."""
    spent_ms = meter.ms_per(1)
    return (spent_ms["app_cpu_ms"] + spent_ms["db_cpu_ms"]) / 1000 / seconds / CORES


def main() -> int:
    """Measure, keep, print; 1 if the budget is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=90.0, help="how long people have their pages open")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as passing:
        folder = Path(passing)
        folder.chmod(0o755)  # Postgres runs as nobody where we are root
        found = {"command": "make bench PART=idle", **evidence.code(), "machine": evidence.machine()}
        found |= measured(folder, seconds=given.seconds)
    if not found["uncommitted"]:
        evidence.write("idle.json", found)
    print(
        f"{found['people']} open pages: {found['share_of_two_cores']:.1%} of two cores, {found['cpu_ms_a_request']} ms"
    )
    return 0 if found["share_of_two_cores"] < MOST else 1


if __name__ == "__main__":
    sys.exit(main())
