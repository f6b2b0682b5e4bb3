"""The embedded Postgres: really started, raced, killed and recovered."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from annotation import postgres
from annotation.postgres_server import CannotStart, Server, binaries

ROOT = Path(__file__).resolve().parents[2]
START = "import sys; from pathlib import Path; from annotation.postgres_server import Server; {}"
IS_ROOT = os.geteuid() == 0
BINARIES = binaries()
NOBODY, ORDINARY = (pwd.getpwnam(name).pw_uid for name in ("nobody", "daemon"))  # initdb wants a named account
SYSTEM_PYTHON = "/usr/bin/python3"  # .venv may stand on a Python in root's private home


def as_user(uid: int) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")


def is_reachable_by(uid: int) -> bool:
    """Whether an ordinary user can run the binaries and import this checkout: only root can ask."""
    paths = [str(BINARIES / "postgres"), str(ROOT / "annotation" / "postgres_server.py"), SYSTEM_PYTHON]
    return IS_ROOT and all(subprocess.run([*as_user(uid), "test", "-r", path]).returncode == 0 for path in paths)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that user nobody reaches too (pytest's own is private), with its server stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        for pid_file in path.rglob("postmaster.pid"):
            Server(pid_file.parent.parent).stop()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    """One server for the tests that only look at it."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        Path(name).chmod(0o755)
        running = Server(Path(name) / "server", fast=True)
        running.start()
        yield running
        running.stop()


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """An initialised and stopped server's folder to copy: initdb is most of these tests' time."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        Path(name).chmod(0o755)
        server = Server(Path(name) / "server", fast=True)
        server.start()
        server.stop()
        yield server.folder


@pytest.fixture
def server(folder: Path, made_once: Path) -> Server:
    """A stopped server of the test's own."""
    subprocess.run(["cp", "-a", str(made_once), str(folder / "server")], check=True)
    return Server(folder / "server", fast=True)


def connect(server: Server, *, user: str = "app") -> psycopg.Connection:
    return psycopg.connect(host=str(server.socket), user=user, dbname="app", autocommit=True)


def postmaster(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def start_in_a_process(
    folder: Path, *, python: tuple[str, ...] = (sys.executable,), after: str = ""
) -> subprocess.Popen[str]:
    code = START.format(f"print(Server(Path(sys.argv[1]), fast=True).start(), flush=True){after}")
    environment = os.environ | {"EMBEDDED_PG_BIN": str(BINARIES), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*python, "-c", code, str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_fresh_folder_becomes_a_database_of_a_role_that_is_no_superuser(shared_server):
    with connect(shared_server) as connection:
        role = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        owner = connection.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'").fetchone()

    assert role == (False, True)
    assert owner == ("app",)


def test_the_server_listens_on_a_private_socket_only(shared_server):
    with connect(shared_server) as connection:
        addresses = connection.execute("SHOW listen_addresses").fetchone()

    assert addresses == ("",)
    assert shared_server.socket.stat().st_mode & 0o777 == 0o700
    assert shared_server.data.stat().st_mode & 0o777 == 0o700


def test_text_folds_and_sorts_as_utf8_whatever_the_systems_locale(shared_server):
    with connect(shared_server) as connection:
        folded = connection.execute("SELECT lower('ÄÉ'), 'Ä' ~* 'ä'").fetchone()

    assert folded == ("äé", True)


@pytest.mark.skipif(
    not is_reachable_by(NOBODY), reason="only root becomes nobody, and only where nobody can read this checkout"
)
def test_root_runs_the_server_as_nobody(shared_server):
    assert Path("/proc", str(postmaster(shared_server))).stat().st_uid == NOBODY


@pytest.mark.skipif(
    not is_reachable_by(ORDINARY), reason="only root can become another user, who must be able to read this checkout"
)
def test_an_ordinary_user_runs_his_own_server(folder):
    home = folder / "home"
    home.mkdir()
    os.chown(home, ORDINARY, ORDINARY)
    stop = "; Server(Path(sys.argv[1])).stop()"

    process = start_in_a_process(home / "server", python=(*as_user(ORDINARY), SYSTEM_PYTHON), after=stop)
    said, complaint = process.communicate(timeout=60)

    assert (said, complaint) == ("True\n", "")
    assert (home / "server" / "data").stat().st_uid == ORDINARY


@pytest.mark.skipif(not IS_ROOT, reason="only root's home is closed to nobody")
def test_under_a_private_home_root_stays_root_outside_and_not_inside(folder):
    home = folder / "home"
    home.mkdir(mode=0o700)
    server = Server(home / "server", fast=True)

    started = server.start()

    assert started
    assert Path("/proc", str(postmaster(server))).stat().st_uid == 0
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("name", ["long-" * 30, "a name, with 'quotes' and \"$more\""])
def test_a_path_too_long_or_too_odd_for_a_socket_still_works(folder, name):
    server = Server(folder / name / "server", fast=True)

    server.start()

    assert server.socket.parent == Path("/tmp")
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
    server.socket.rmdir()


def test_eight_racing_starts_give_one_server(folder):
    processes = [start_in_a_process(folder / "server") for _ in range(8)]

    answers = [process.communicate(timeout=60) for process in processes]

    assert sorted(answers) == [("False\n", "")] * 7 + [("True\n", "")]
    assert len(list(folder.rglob("postmaster.pid"))) == 1


def test_a_killed_parent_leaves_the_server_and_the_next_attaches(server):
    parent = start_in_a_process(server.folder, after="; import time; time.sleep(60)")
    assert parent.stdout
    parent.stdout.readline()
    before = postmaster(server)

    parent.kill()
    parent.wait()
    started = server.start()

    assert not started
    assert postmaster(server) == before


def test_a_killed_postmaster_is_recovered_with_its_data(server):
    server = Server(server.folder)  # with fsync and full pages: what is proved here is durability
    server.start()
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 20000) AS n")

    os.kill(postmaster(server), signal.SIGKILL)
    started = server.start()

    assert started
    with connect(server) as connection:
        assert connection.execute("SELECT count(*), sum(n) FROM kept").fetchone() == (20000, 200010000)


@pytest.mark.skipif(not Path("/proc/sysvipc/shm").exists(), reason="reads Linux's /proc")
def test_a_postmaster_that_stays_a_zombie_does_not_block_the_next(server):
    server.start()
    os.kill(postmaster(server), signal.SIGKILL)
    zombie = subprocess.Popen(["sleep", "0"])  # dead and not waited for, as in a container without init
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text("\n".join([str(zombie.pid), *pid_file.read_text().splitlines()[1:]]) + "\n")
    time.sleep(0.2)

    started = server.start()

    assert started
    zombie.wait()


def test_a_half_made_database_is_made_anew(folder):
    draft = folder / "server" / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    assert Server(folder / "server", fast=True).start()


def test_stop_ends_the_server_and_says_whether_there_was_one(server):
    server.start()

    assert server.stop()
    assert not server.is_ready()
    assert not server.stop()


def test_a_database_of_another_major_version_is_refused_in_one_sentence(server):
    (server.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(
        CannotStart, match=r"made by Postgres 12 and the binaries here are 1\d\.\d+: set EMBEDDED_PG_BIN"
    ):
        Server(server.folder, fast=True).start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(server):
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(CannotStart, match="no_such_setting"):
        server.start()


def test_missing_binaries_are_one_sentence(folder, monkeypatch):
    monkeypatch.setenv("EMBEDDED_PG_BIN", str(folder))

    with pytest.raises(CannotStart, match=r"No Postgres binaries in .*: mend or unset EMBEDDED_PG_BIN"):
        Server(folder / "server").start()


def test_somebody_elses_socket_folder_is_refused(folder):
    server = Server(folder / "server", fast=True)
    server.folder.mkdir()
    server.socket.symlink_to(folder)

    with pytest.raises(CannotStart, match="belongs to somebody else"):
        server.start()


@pytest.mark.skipif(not Path("/usr/lib/postgresql/15/bin/postgres").exists(), reason="Debian's Postgres 15 is not here")
def test_the_systems_postgres_works_too(folder, monkeypatch):
    monkeypatch.setenv("EMBEDDED_PG_BIN", "/usr/lib/postgresql/15/bin")
    server = Server(folder / "server", fast=True)

    server.start()

    assert server.major == 15
    with connect(server) as connection:
        assert connection.execute("SELECT lower('Ä')").fetchone() == ("ä",)


def test_a_database_url_is_used_and_nothing_is_started(folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db.example:5433/mine")

    settings = postgres.database_settings(folder)
    started = postgres.ensure(folder)

    assert (settings["USER"], settings["HOST"], settings["PORT"], settings["NAME"]) == (
        "me",
        "db.example",
        5433,
        "mine",
    )
    assert not started
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:///x", "nonsense", "postgres://host:notaport/x"])
def test_an_unusable_database_url_is_one_sentence(folder, monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(CannotStart, match=r"DATABASE_URL .*; use postgres://user:password@host:5432/name\."):
        postgres.database_settings(folder)


def test_settings_name_the_socket_and_start_nothing(folder, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("FLYWHEEL_PG_DIR", "elsewhere")

    settings = postgres.database_settings(folder)

    assert settings["HOST"] == str(folder / "elsewhere" / "s")
    assert not (folder / "elsewhere").exists()


def test_threads_of_one_process_may_start_it_too(server):
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: Server(server.folder, fast=True).start(), range(4)))

    assert sorted(started) == [False, False, False, True]
