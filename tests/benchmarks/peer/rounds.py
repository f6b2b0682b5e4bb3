"""The measurements at one size of the queue: systems take turns, round after round, for each number of people."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.peer import bare, table
from tests.benchmarks.peer.annotators import Annotator, Api, ApiInTwo, Bare, Dry, Pages
from tests.benchmarks.peer.meters import Cpu, pss_mb, quantiles
from tests.benchmarks.peer.product import Product
from tests.benchmarks.peer.servers import BARE, PRODUCT, Postgres, Web

SYSTEMS = ("bare", "flywheel-api", "flywheel-pages", "flywheel-api-in-two")
USED_UP = 0.4  # of the items; then all are opened again
MORE, MORE_PEOPLE = 3, 8  # the overlap that is reported beside, and by how many people
WARM_UP = 0.5  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured at one size."""

    items: int
    people: tuple[int, ...]
    systems: tuple[str, ...]
    rounds: int
    seconds: float
    seed: int
    is_quick: bool

    def described(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


class Bench:
    """Two web servers, and who works at which."""

    def __init__(self, *, postgres: Postgres, bare_database: str, stocked: Product) -> None:
        self.postgres, self.bare_database, self.product = postgres, bare_database, stocked
        self.used: dict[str, int] = defaultdict(int)
        self.bare = Web(BARE, database=bare_database, state=stocked.state)
        self.flywheel = Web(PRODUCT, database=stocked.database, state=stocked.state)
        self.bare.wait()
        self.flywheel.wait()
        self.idle_mb = {"bare": pss_mb(self.bare.process.pid), "flywheel": pss_mb(self.flywheel.process.pid)}

    def stop(self) -> None:
        """End both servers."""
        self.bare.stop()
        self.flywheel.stop()

    def web(self, system: str) -> Web:
        """Who answers."""
        return self.bare if system == "bare" else self.flywheel

    def annotator(self, system: str, who: int) -> Annotator:
        """Somebody who works there."""
        port, found = self.web(system).port, self.product
        made: dict[str, Callable[[], Annotator]] = {
            "bare": partial(Bare, port, who),
            "flywheel-api": partial(Api, port, found.tokens[who], found.queue),
            "flywheel-api-in-two": partial(ApiInTwo, port, found.tokens[who], found.queue),
            "flywheel-pages": partial(Pages, port, found.sessions[who], found.queue),
        }
        return made[system]()

    def restock_if_low(self, system: str, items: int) -> None:
        """Open all items again where many are done."""
        store = "bare" if system == "bare" else "flywheel"
        if self.used[store] > USED_UP * items:
            self.restock(store)

    def restock(self, store: str) -> None:
        """Open all items again, and forget what anybody did."""
        bare.restock(self.bare_database) if store == "bare" else self.product.restock()
        self.postgres.settle()
        self.used[store] = 0

    def measure(self, system: str, people: int, *, items: int, seconds: float) -> dict[str, Any]:
        """One measurement."""
        self.restock_if_low(system, items)
        who = [self.annotator(system, number) for number in range(people)]
        cpu = partial(Cpu, app=self.web(system).process.pid, db=self.postgres.pid)
        found = asyncio.run(worked(who, cpu, seconds=seconds))
        self.used["bare" if system == "bare" else "flywheel"] += found["given"]
        return found


async def worked(people: Sequence[Annotator], cpu: Callable[[], Cpu], *, seconds: float) -> dict[str, Any]:
    """All of them at once, each as fast as the system lets them."""
    async with AsyncExitStack() as at_work:
        for person in people:
            await at_work.enter_async_context(person)
        warming = sum(await asyncio.gather(*(loops(person, seconds=WARM_UP) for person in people)))
        first = [said for person in people for said in person.seconds.get("claim", [])][: len(people)]
        for person in people:
            person.seconds.clear()
        meter, began = cpu(), time.perf_counter()
        counts = await asyncio.gather(*(loops(person, seconds=seconds) for person in people))
        took = time.perf_counter() - began
        costs = meter.ms_per(sum(counts))
    claims = [said for person in people for said in person.seconds["claim"]] or first
    submits = [said for person in people for said in person.seconds["submit"]]
    return {
        "given": warming + sum(counts), "loops_per_s": round(sum(counts) / took, 1),
        "claim": claims, "submit": submits, **costs,
    }  # fmt: skip


async def loops(person: Annotator, *, seconds: float) -> int:
    """How many loops one person finished."""
    stop, count = time.perf_counter() + seconds, 0
    try:
        while time.perf_counter() < stop:
            await person.loop()
            count += 1
    except Dry:
        pass
    return count


def run(plan: Plan, *, postgres: Postgres, bare_database: str, stocked: Product) -> dict[str, Any]:
    """Everything the plan asks for."""
    found: dict[str, Any] = {"points": []}
    bench = Bench(postgres=postgres, bare_database=bare_database, stocked=stocked)
    try:
        found["idle_mb"] = bench.idle_mb
        print(f"{plan.items} items; idle: {bench.idle_mb} MB")
        print(table.HEAD)
        for people in plan.people:
            # Nobody begins with more answers of the same day than people give in one.
            for store in ("bare", "flywheel"):
                bench.restock(store)
            found["points"].append(point(bench, plan, plan.systems, people, overlap=1))
        if not plan.is_quick:
            found["pages_per_claim"] = stocked.pages_per_claim()
            print(f"pages per claim: {found['pages_per_claim']}")
            stocked.restock(overlap=MORE)
            bench.used["flywheel"] = 0
            ours = tuple(system for system in plan.systems if system in SYSTEMS[1:3])
            found["points"].append(point(bench, plan, ours, min(MORE_PEOPLE, *plan.people), overlap=MORE))
        found["worked_mb"] = {name: pss_mb(bench.web(name).process.pid) for name in ("bare", "flywheel")}
    except AssertionError as problem:
        raise SystemExit(
            f"{problem}\nThe product's log ends with:\n{bench.flywheel.log.read_text()[-3000:]}"
        ) from problem
    finally:
        bench.stop()
    return found


def point(bench: Bench, plan: Plan, systems: Sequence[str], people: int, *, overlap: int) -> dict[str, Any]:
    """So many people at each system, in turns."""
    taken: dict[str, list[dict[str, Any]]] = {system: [] for system in systems}
    for _ in range(plan.rounds):
        for system in systems:
            taken[system].append(bench.measure(system, people, items=plan.items, seconds=plan.seconds))
    results = {system: summary(found) for system, found in taken.items()}
    for system, result in results.items():
        if "bare" in taken:
            pairs = zip(taken[system], taken["bare"], strict=True)
            result["ratio"] = round(median(ours["loops_per_s"] / theirs["loops_per_s"] for ours, theirs in pairs), 3)
            result["cpu_ratio"] = round(cpu_of(results["bare"]) / cpu_of(result), 3)
        print(table.line(people, overlap, system, result), flush=True)
    return {"people": people, "overlap": overlap, "systems": results}


def summary(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians of the rounds; latencies of all rounds together."""
    costs = ("loops_per_s", "app_cpu_ms", "db_cpu_ms", "client_cpu_ms")
    return {
        **{name: round(median(one[name] for one in found), 3) for name in costs},
        "rounds": [one["loops_per_s"] for one in found],
        "claim": quantiles(flat(one["claim"] for one in found)),
        "submit": quantiles(flat(one["submit"] for one in found)),
    }


def cpu_of(result: dict[str, Any]) -> float:
    """Milliseconds of the web server and the database for one loop: what a busy machine changes least."""
    return float(result["app_cpu_ms"] + result["db_cpu_ms"])


def flat(lists: Iterable[list[float]]) -> list[float]:
    """One list of many."""
    return [value for some in lists for value in some]
