"""Postgres with the durability of production, and gunicorn as the product runs it, both in a folder of their own."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql as parts

from annotation.postgres_server import Server
from annotation.supervisor import die_with_parent
from tests.benchmarks.peer.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
PRODUCT, BARE = "annotation.wsgi", "tests.benchmarks.peer.baseline:application"
WORKERS, THREADS = 2, 4
PATIENCE = 120.0  # seconds until a web server has to answer


class Postgres:
    """The embedded server in a folder; FLYWHEEL_PG_DIR names another one."""

    def __init__(self, folder: Path) -> None:
        named = os.environ.get("FLYWHEEL_PG_DIR")
        self.server = Server(ROOT / named if named else folder / "pg")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Started unless it runs already, and then left as it was found."""
        is_ours = self.server.start()
        try:
            yield
        finally:
            if is_ours:
                self.server.stop()

    @property
    def pid(self) -> int:
        """The postmaster."""
        return int((self.server.data / "postmaster.pid").read_text().split()[0])

    def url(self, name: str, *, role: str = "app") -> str:
        """The address of a database."""
        return f"postgres://{role}@{quote(str(self.server.socket), safe='')}/{name}"

    def create(self, name: str, *, like: str = "template1") -> None:
        """A database, empty or a copy; one left over is dropped first."""
        self.drop(name)
        with psycopg.connect(self.url("app"), autocommit=True) as sql:
            sql.execute(
                parts.SQL("CREATE DATABASE {} TEMPLATE {}").format(parts.Identifier(name), parts.Identifier(like))
            )

    def drop(self, name: str) -> None:
        """Remove a database; only the superuser may end an autovacuum that is in it."""
        with psycopg.connect(self.url("postgres", role="postgres"), autocommit=True) as sql:
            sql.execute(parts.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(parts.Identifier(name)))

    def warm(self, name: str) -> None:
        """Read a database's files into memory, where those of a server that has been at work lie."""
        with psycopg.connect(self.url(name), autocommit=True) as sql:
            (oid,) = sql.execute("SELECT oid FROM pg_database WHERE datname = %s", [name]).fetchone()  # type: ignore[misc]  # always one row
        for file in (self.server.data / "base" / str(oid)).iterdir():
            with file.open("rb") as opened:
                while opened.read(1 << 20):
                    pass

    def settle(self) -> None:
        """Write to disk what was changed so far, which nobody is to wait for while they measure."""
        with psycopg.connect(self.url("postgres", role="postgres"), autocommit=True) as sql:
            sql.execute("CHECKPOINT")

    def shown(self, setting: str) -> str:
        """A setting of the server."""
        with psycopg.connect(self.url("app"), autocommit=True) as sql:
            return str(sql.execute("SELECT current_setting(%s)", [setting]).fetchone()[0])  # type: ignore[index]  # always one row


class Web:
    """One gunicorn: two processes of four threads, by the product's gunicorn.conf.py for both systems."""

    def __init__(self, application: str, *, database: str, state: Path) -> None:
        self.port = free_port()
        self.log = state / f"{application.partition(':')[0]}.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", application],
                cwd=ROOT,
                env=environment(database, state) | {"WEB_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )

    def wait(self) -> None:
        """Until it answers anything at all."""
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The web server does not answer; see the end of {self.log}:\n{self.log.read_text()}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.request("GET", "/readyz")
            asked.getresponse().read()
        except OSError:
            return False
        finally:
            asked.close()
        return True

    def stop(self) -> None:
        """End it and its processes."""
        self.process.terminate()
        self.process.wait(30)


def environment(database: str, state: Path) -> dict[str, str]:
    """What a process of the product is given: its own settings, this database, this folder, plain HTTP."""
    kept = {name: value for name, value in os.environ.items() if name not in ("FLYWHEEL_PRODUCTION", "FLYWHEEL_PG_DIR")}
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    product = {"DJANGO_SETTINGS_MODULE": "annotation.settings", "FLYWHEEL_STATE_DIR": str(state)}
    return kept | single | product | {"DATABASE_URL": database}


def python(*words: str, database: str, state: Path) -> str:
    """What a Python module of the product or of this package prints, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(database, state),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    )
    if done.returncode:
        raise SystemExit(f"`python {' '.join(words)}` failed; see above.")
    return done.stdout
