"""The product's database for the benchmark of loops: filled once, made new between measurements."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import LiteralString

import psycopg

from tests.benchmarks.peer.servers import python

# TRUNCATE passes the triggers that keep answers from being changed.
EMPTY = "TRUNCATE annotation_assignment, annotation_cursor, annotation_reservation, annotation_event CASCADE"
# What every claim or answer writes to.
WORKED: LiteralString = (
    "annotation_assignment, annotation_annotation, annotation_cursor, annotation_slot, annotation_event"
)

REFILL = """
INSERT INTO annotation_slot SELECT * FROM bench_slot ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE SET need = excluded.need WHERE annotation_slot.need <> excluded.need
"""


@dataclass(frozen=True, slots=True)
class Product:
    """A stocked database, and who may work from it."""

    database: str
    state: Path
    queue: int
    tokens: list[str]
    sessions: list[str]
    engineer: str

    def restock(self, *, overlap: int = 1) -> None:
        """No answers, and all places open again."""
        with psycopg.connect(self.database, autocommit=True) as sql:
            sql.execute(EMPTY)
            sql.execute("UPDATE annotation_item SET target = %s WHERE target <> %s", [overlap, overlap])
            sql.execute("UPDATE bench_slot SET need = %s WHERE need <> %s", [overlap, overlap])
            sql.execute(REFILL)
            sql.execute("VACUUM ANALYZE annotation_slot, annotation_item")

    def pages_per_claim(self) -> float:
        """Pages of the database that a claim touches, in a queue that is in use and well kept."""
        with psycopg.connect(self.database, autocommit=True) as sql:
            sql.execute(f"VACUUM ANALYZE {WORKED}")
        words = ["-m", "tests.benchmarks.peer.claim_pages", str(self.queue), *self.tokens]
        return float(json.loads(python(*words, database=self.database, state=self.state))["pages_per_claim"])


def stocked(database: str, state: Path, *, items: int, people: int, seed: int, is_answered: bool = False) -> Product:
    """Fill an empty database."""
    words = ["-m", "tests.benchmarks.peer.stock"]
    words += ["--items", str(items), "--people", str(people), "--seed", str(seed)]
    words += ["--answered"] * is_answered
    made = json.loads(python(*words, database=database, state=state))
    return Product(database, state, made["queue"], made["tokens"], made["sessions"], made["engineer"])


def write(stocked: Product, path: Path) -> None:
    """Note how a kept database is worked from."""
    path.write_text(json.dumps(asdict(stocked) | {"state": str(stocked.state)}), encoding="utf-8")


def read(path: Path) -> Product:
    """What `write` noted."""
    noted = json.loads(path.read_text(encoding="utf-8"))
    return Product(**{**noted, "state": Path(noted["state"])})
