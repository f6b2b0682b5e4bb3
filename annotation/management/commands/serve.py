"""`manage.py serve`: the whole product in one terminal, from an empty database to a login page."""

import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from annotation import bootstrap, postgres
from annotation.models import Project, User
from annotation.supervisor import Service, Supervisor, die_with_parent
from flywheel.simulation.people import DEMO_LOGINS, DEMO_PASSWORD

SECONDS_FOR_THE_PORT = 4.0  # a server killed a moment ago still holds it
SECONDS_BETWEEN_WORDS = 20.0
SECONDS_FOR_RUNNING_JOBS = "5"
BEHIND_THE_PAGES = 5  # niceness: a training run on the same machine must not slow down a click
OWNED = "serve"  # what `starter` says once a server belongs to this command, also after a `kill -9`


class Command(BaseCommand):
    """Database, migrations, demo project, static files, web server, two workers; Ctrl-C stops all of it."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to seed."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"))
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *, host: str, port: str, no_demo: bool, **options: object) -> None:
        """Serve until Ctrl-C, SIGTERM or the end of the terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            with _only_one_here(f"http://{_reachable(host)}:{port}/"), _postgres():
                _wait_for_port(host, port)
                self._prepare(no_demo=no_demo)
                self._serve(host, port)
        except KeyboardInterrupt:
            self._say("serve", "stopped")

    def _prepare(self, *, no_demo: bool) -> None:
        self._say("serve", "bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
        if not no_demo and not Project.objects.exists():
            self._say("serve", "making the demo project")
            # In a process of its own: the models it loads would stay in this one for as long as it serves.
            if subprocess.run(_manage("seed_demo"), preexec_fn=die_with_parent).returncode:
                raise CommandError(
                    "The demo project could not be made; see above, or start without it: make run ARGS=--no-demo"
                )
        _collect_static()

    def _serve(self, host: str, port: str) -> None:
        supervisor = Supervisor(_services(host, port), say=self._say)
        try:
            self._wait_until_ready(supervisor, _reachable(host), int(port))
            self._say_ready(f"http://{_reachable(host)}:{port}/")
            while True:
                supervisor.tend()
                time.sleep(0.5)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            supervisor.stop()

    def _wait_until_ready(self, supervisor: Supervisor, host: str, port: int) -> None:
        said_at = time.monotonic()
        while (answer := _readiness(host, port)) != "200":
            supervisor.tend()
            if time.monotonic() - said_at > SECONDS_BETWEEN_WORDS:
                said_at = time.monotonic()
                self._say("serve", f"waiting for /readyz, which answers: {answer}")
            time.sleep(1.0 if answer.isdigit() else 0.1)

    def _say_ready(self, url: str) -> None:
        training = (
            "ready"
            if bootstrap.training_is_ready()
            else "installing in the background; the Run page says when it is ready"
        )
        lines = [f"Flywheel is ready: {url}", *_demo_logins(), f"Training: {training}", "Stop with Ctrl-C"]
        width = max(map(len, lines))
        frame = [f"│ {line:<{width}} │" for line in lines]
        self.stdout.write("\n".join(["", f"┌{'─' * (width + 2)}┐", *frame, f"└{'─' * (width + 2)}┘", ""]))
        self.stdout.flush()

    def _say(self, name: str, line: str) -> None:
        self.stdout.write(f"{name:>8} │ {line}")
        self.stdout.flush()


def _demo_logins() -> list[str]:
    """Who can sign in to the demo, if it is in this database."""
    here = set(
        User.objects.filter(username__in=[person.username for person in DEMO_LOGINS]).values_list("username", flat=True)
    )
    names: dict[str, list[str]] = {}
    for person in DEMO_LOGINS:
        if person.username in here:
            names.setdefault(person.role, []).append(person.username)
    lines = [f"  {role:<10} {', '.join(people)}" for role, people in names.items()]
    return [f"Demo logins, all with the password {DEMO_PASSWORD}:", *lines] if lines else []


def _manage(*words: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]


def _collect_static() -> None:
    """Hash and compress the static files, unless none has changed since: that is seconds of every start."""
    files = [Path(store.path(name)) for finder in get_finders() for name, store in finder.list([])]
    seen = "\n".join(sorted(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in files))
    stamp = settings.STATE_DIR / "static.stamp"
    if not stamp.exists() or stamp.read_text() != seen or not settings.STATIC_ROOT.exists():
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(seen)


def _services(host: str, port: str) -> list[Service]:
    def worker(queue: str) -> Service:
        words = ["procrastinate", "worker", "-q", queue, "-n", queue, "--concurrency", "1"]
        words += ["--shutdown-graceful-timeout", SECONDS_FOR_RUNNING_JOBS]
        return Service(name=queue, command=_manage(*words), niceness=BEHIND_THE_PAGES)

    server = [sys.executable, "-m", "gunicorn", "--chdir", str(settings.BASE_DIR), "--bind", f"{host}:{port}"]
    services = [Service(name="web", command=[*server, "annotation.wsgi"]), worker("quick"), worker("long")]
    if not bootstrap.training_is_ready():
        script = str(settings.BASE_DIR / "annotation" / "bootstrap.py")
        services.append(
            Service(
                name="training",
                command=[sys.executable, script, "--training"],
                is_lasting=False,
                niceness=BEHIND_THE_PAGES,
            )
        )
    return services


@contextmanager
def _only_one_here(url: str) -> Iterator[None]:
    """One `serve` a checkout: two would fight over workers and Postgres."""
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.STATE_DIR / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"Flywheel already runs here: open {lock.read()}, or stop it there with Ctrl-C."
            ) from None
        lock.truncate(0)
        lock.write(url)
        lock.flush()
        yield


@contextmanager
def _postgres() -> Iterator[None]:
    """The embedded server is stopped at the end if this command, or one before it that was killed, started it."""
    postgres.ensure(settings.BASE_DIR)
    server = None if os.environ.get("DATABASE_URL") else postgres.Server(postgres.folder_of(settings.BASE_DIR))
    is_ours = server is not None and server.starter in {str(os.getpid()), OWNED}
    if server and is_ours:
        server.starter = OWNED
    try:
        yield
    finally:
        if server and is_ours:
            server.stop()


def _wait_for_port(host: str, port: str) -> None:
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise CommandError(f"PORT is {port!r}; use a number from 1 to 65535.")
    deadline = time.monotonic() + SECONDS_FOR_THE_PORT
    while True:
        try:
            socket.create_server((host, int(port))).close()
            return
        except PermissionError:
            raise CommandError(f"Port {port} is not for ordinary users; choose another: make run PORT=8000") from None
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise CommandError(f"HOST {host} is no address of this machine; use 127.0.0.1 or 0.0.0.0.") from None
            if time.monotonic() > deadline:
                raise CommandError(f"Port {port} is in use; choose another: make run PORT={int(port) + 1}") from None
        time.sleep(0.2)


def _readiness(host: str, port: int) -> str:
    """The status of /readyz, or why there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  compared, not bound


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
