"""Real processes on the tests' database: workers and web servers, killed at the end whatever happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from django.db import connection

from annotation.supervisor import die_with_parent
from tests.annotation.waiting import until

ROOT = Path(__file__).resolve().parents[2]
JOB_TABLES = "procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers, procrastinate_events"
SMALL = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def database_url() -> str:
    """The address of the database this process uses."""
    here = {key: quote(str(value or ""), safe="") for key, value in connection.settings_dict.items()}
    login = f"{here['USER']}:{here['PASSWORD']}" if here["PASSWORD"] else here["USER"]
    port = f":{here['PORT']}" if here["PORT"] else ""
    return f"postgres://{login}@{here['HOST']}{port}/{here['NAME']}"


def start(arguments: Sequence[str], *, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A Python process with the product's own settings; all it says goes to the end of `log`."""
    product = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "annotation.settings"}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | SMALL | product | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def start_worker(*, log: Path, queues: str = "quick,long", **environment: str) -> subprocess.Popen[bytes]:
    """A worker, started as `manage.py serve` starts it."""
    words = ["manage.py", "procrastinate", "worker", "-q", queues, "-n", queues, "--concurrency", "1"]
    return start(words, log=log, **environment)


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` of the process alone: its children have to notice by themselves."""
    process.kill()
    process.wait()


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` of all that is left of the process's session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def children(pid: int) -> list[int]:
    """The processes that a process, or one of its threads, has started."""
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@contextmanager
def in_the_way(statement: LiteralString, *parameters: object) -> Iterator[psycopg.Connection]:
    """Somebody else's open transaction, for the length of a with block: who needs its rows stands still in mid-job."""
    with psycopg.connect(database_url()) as holder:
        holder.execute(statement, parameters)
        yield holder
        holder.rollback()


def wait_until_somebody_stands_still(holder: psycopg.Connection, what: str) -> None:
    """Until another connection waits for a row that `holder` has."""
    waiting: LiteralString = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    until(lambda: holder.execute(waiting).fetchone()[0], what)


def forget_jobs() -> None:
    """Empty the job tables, which Django's flush leaves alone."""
    with connection.cursor() as sql:
        sql.execute(f"TRUNCATE {JOB_TABLES} RESTART IDENTITY CASCADE")
