"""Traces in and answers out: the product's streams, and COPY of the same rows."""

import asyncio
import json
import threading
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any, LiteralString, Self

import psycopg

from tests.benchmarks.peer import tasks
from tests.benchmarks.peer.http_client import Connection
from tests.benchmarks.peer.meters import Cpu, rss_mb, tree
from tests.benchmarks.peer.product import Product

FIRST_NEW = 5_000_000  # tasks that are not in the tables yet
RECEIVED: tuple[LiteralString, ...] = ("annotation_trace", "annotation_trace_raw")

# What an export has to read, put into JSON by Postgres and sent without anybody looking at it.
COPIES: dict[str, LiteralString] = {
    "annotations": """
        SELECT json_build_object('id', n.id, 'item', n.item_id, 'queue', i.queue_id, 'task', i.task,
            'annotator', u.username, 'round', n.round, 'kind', n.kind, 'answer', n.answer, 'order', n."order",
            'policies', n.policies, 'selected_by', n.selected_by, 'propensity', n.propensity,
            'shown_at', n.shown_at, 'answered_at', n.answered_at, 'active_seconds', n.active_seconds)
        FROM annotation_annotation n JOIN annotation_item i ON i.id = n.item_id
        JOIN annotation_user u ON u.id = n.annotator_id ORDER BY n.id""",
    "votes": """
        SELECT json_build_object('item', n.item_id, 'rater', u.username, 'label', n.answer->'choice',
            'first', n."order"[1], 'seconds', n.active_seconds, 'at', n.answered_at)
        FROM annotation_annotation n JOIN annotation_user u ON u.id = n.annotator_id
        ORDER BY n.annotator_id, n.answered_at, n.id""",
    "preferences": """
        SELECT json_build_object('item', n.item_id, 'task', i.task, 'choice', n.answer->'choice',
            'a', a.messages, 'b', b.messages, 'propensity', n.propensity)
        FROM annotation_annotation n JOIN annotation_item i ON i.id = n.item_id
        JOIN annotation_side x ON x.item_id = i.id AND x."index" = 0 JOIN annotation_trace a ON a.id = x.trace_id
        JOIN annotation_side y ON y.item_id = i.id AND y."index" = 1 JOIN annotation_trace b ON b.id = y.trace_id
        WHERE n.answer->>'choice' IN ('a', 'b') ORDER BY n.item_id""",
    "pairs": """
        SELECT json_build_object('item', i.id, 'cluster', i.task, 'a', a.messages, 'b', b.messages)
        FROM annotation_item i
        JOIN annotation_side x ON x.item_id = i.id AND x."index" = 0 JOIN annotation_trace a ON a.id = x.trace_id
        JOIN annotation_side y ON y.item_id = i.id AND y."index" = 1 JOIN annotation_trace b ON b.id = y.trace_id
        ORDER BY i.id""",
}


class Peak:
    """The most memory the processes of a tree had above what each had before."""

    def __init__(self, pid: int) -> None:
        self.before = {one: rss_mb(one) for one in tree(pid)}
        self.growth = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.growth = max(self.growth, sum(rss_mb(one) - before for one, before in self.before.items()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()


@dataclass(frozen=True, slots=True)
class Meters:
    """Whose CPU and memory is watched."""

    web: int
    postgres: int

    def cpu(self) -> Cpu:
        """From now on."""
        return Cpu(app=self.web, db=self.postgres)

    def peak(self) -> Peak:
        """From now on."""
        return Peak(self.web)


def imported(
    port: int, stocked: Product, copy_into: str, meters: Meters, *, rounds: int, traces: int, seed: int
) -> dict[str, Any]:
    """POSTs of new traces, and COPY of the rows they made into tables like theirs, in turns."""
    found = []
    for turn in range(rounds + 1):
        batch = tasks.made(traces // 2, seed=seed + 1 + turn, first=FIRST_NEW + turn * traces)
        body = tasks.ndjson(batch)
        cpu, before = meters.cpu(), last_trace(stocked.database)
        with meters.peak() as peak:
            seconds = asyncio.run(posted(port, stocked, body, expected=traces))
        costs = cpu.ms_per(traces)
        copied = copied_in(stocked.database, copy_into, after=before)
        found.append({"seconds": seconds, "copy": copied, "growth_mb": peak.growth, **costs})
    return told("import", traces, found[1:], mb=len(body) / 1e6)


async def posted(port: int, stocked: Product, body: bytes, *, expected: int) -> float:
    """Seconds until the answer says that all is stored."""
    headers = {"Authorization": f"Bearer {stocked.engineer}", "Content-Type": "application/x-ndjson"}
    async with Connection(port, headers) as http:
        began = perf_counter()
        answer = await http.request("POST", "/api/v1/projects/bench/traces", body)
        took = perf_counter() - began
    assert json.loads(answer.body)["created"] == expected, answer.body[:300]
    return took


def last_trace(database: str) -> int:
    """The newest trace."""
    with psycopg.connect(database, autocommit=True) as sql:
        return int(sql.execute("SELECT max(id) FROM annotation_trace").fetchone()[0])  # type: ignore[index]  # always one row


def copied_in(source: str, target: str, *, after: int) -> float:
    """Seconds to COPY the rows of the traces after this one into the other database, durably."""
    columns: tuple[LiteralString, ...] = ("id", "trace_id")
    with psycopg.connect(source, autocommit=True) as sql:
        rows = []
        for table, key in zip(RECEIVED, columns, strict=True):
            selected = psycopg.sql.SQL("COPY (SELECT * FROM {} WHERE {} > {}) TO STDOUT").format(
                psycopg.sql.Identifier(table), psycopg.sql.Identifier(key), psycopg.sql.Literal(after)
            )
            with sql.cursor().copy(selected) as copy:
                rows.append(b"".join(bytes(block) for block in copy))
    with psycopg.connect(target) as sql:
        began = perf_counter()
        for table, block in zip(RECEIVED, rows, strict=True):
            with sql.cursor().copy(psycopg.sql.SQL("COPY {} FROM STDIN").format(psycopg.sql.Identifier(table))) as copy:
                copy.write(block)
        sql.commit()
        return perf_counter() - began


def exported(name: str, port: int, stocked: Product, meters: Meters, *, rounds: int) -> dict[str, Any]:
    """A stream of the project, and COPY of the same rows, in turns; the first turn is not counted."""
    found, rows, size = [], 0, 0
    for _ in range(rounds + 1):
        cpu = meters.cpu()
        with meters.peak() as peak:
            seconds, first, rows, size = asyncio.run(streamed(name, port, stocked))
        found.append({
            "seconds": seconds, "first_byte": first, "copy": copied_out(name, stocked.database, expected=rows),
            "growth_mb": peak.growth, **cpu.ms_per(rows),
        })  # fmt: skip
    return told(name, rows, found[1:], mb=size / 1e6)


async def streamed(name: str, port: int, stocked: Product) -> tuple[float, float, int, int]:
    """(seconds, seconds to the first byte, rows, bytes)."""
    rows = size = 0
    first = 0.0
    async with Connection(port, {"Authorization": f"Bearer {stocked.engineer}"}) as http:
        began = perf_counter()
        async for piece in http.stream(f"/api/v1/projects/bench/{name}"):
            first = first or perf_counter() - began
            rows += piece.count(b"\n")
            size += len(piece)
        return perf_counter() - began, first, rows, size


def copied_out(name: str, database: str, *, expected: int) -> float:
    """Seconds to COPY the same rows out."""
    rows = 0
    with psycopg.connect(database, autocommit=True) as sql:
        began = perf_counter()
        with sql.cursor().copy(f"COPY ({COPIES[name]}) TO STDOUT") as copy:
            for block in copy:
                rows += bytes(block).count(b"\n")
        took = perf_counter() - began
    assert rows == expected, f"COPY gave {rows} rows of {name}, the product {expected}"
    return took


def told(name: str, rows: int, found: list[dict[str, float]], *, mb: float) -> dict[str, Any]:
    """Medians of the rounds, and the line of the table."""
    middle = partial(median_of, found)
    result: dict[str, Any] = {
        "rows": rows, "mb": round(mb, 1), "rows_per_s": round(rows / middle("seconds")),
        "copy_rows_per_s": round(rows / middle("copy")),
        "ratio": round(median(one["copy"] / one["seconds"] for one in found), 3),
        "cpu_ms": round(middle("app_cpu_ms") + middle("db_cpu_ms"), 4),
        "growth_mb": round(max(one["growth_mb"] for one in found), 1),
    }  # fmt: skip
    if "first_byte" in found[0]:
        result["first_byte_ms"] = round(1000 * middle("first_byte"), 1)
    print(" ".join(f"{said!s:>{len(head) + 2}}" for said, head in zip([name, *result.values(), ""], HEADINGS)), flush=True)  # fmt: skip  # noqa: B905
    return result


def median_of(found: list[dict[str, float]], what: str) -> float:
    """The middle one of the rounds."""
    return median(one[what] for one in found)


HEADINGS = ("    what   ", "rows", "  MB", "rows/s", "COPY rows/s", "ratio", "CPU ms a row", "grew MB", "first byte ms")
HEAD = " ".join(f"{word:>{len(word) + 2}}" for word in HEADINGS)
