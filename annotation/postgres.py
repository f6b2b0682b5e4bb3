"""The embedded Postgres of `make run`, one a checkout, unless DATABASE_URL names another. No Django here.

`python -m annotation.postgres start|stop|status|psql` is the same by hand.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dj_database_url

from annotation.postgres_server import CannotStart, Server

ROLE = DATABASE = "app"


def database_settings(base_dir: Path) -> dict[str, Any]:
    """Django's settings of the one database; starts nothing."""
    if url := os.environ.get("DATABASE_URL"):
        try:
            settings = dict(dj_database_url.parse(url))
        except ValueError as problem:
            raise CannotStart(
                f"DATABASE_URL is not usable ({problem}); use postgres://user:password@host:5432/name."
            ) from problem
        if settings.get("ENGINE") != "django.db.backends.postgresql":
            raise CannotStart("DATABASE_URL names another database; use postgres://user:password@host:5432/name.")
        return settings
    socket = Server(folder_of(base_dir)).socket
    return {"ENGINE": "django.db.backends.postgresql", "NAME": DATABASE, "USER": ROLE, "HOST": str(socket), "PORT": ""}


def folder_of(base_dir: Path) -> Path:
    """Where the server of this checkout lives: FLYWHEEL_PG_DIR, or `.pg`."""
    return base_dir / os.environ.get("FLYWHEEL_PG_DIR", ".pg")


def ensure(base_dir: Path, *, fast: bool = False) -> bool:
    """Attach to this checkout's server, starting it first if needed; true if this call started it."""
    return not os.environ.get("DATABASE_URL") and Server(folder_of(base_dir), fast=fast).start()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: start, stop, status or psql for this checkout's server."""
    parser = argparse.ArgumentParser(
        prog="python -m annotation.postgres", description="The embedded Postgres of this checkout."
    )
    parser.add_argument("command", choices=["start", "stop", "status", "psql"])
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="what psql gets")
    chosen = parser.parse_args(arguments)
    if os.environ.get("DATABASE_URL"):
        raise CannotStart("DATABASE_URL is set, so the embedded Postgres is not used; unset it first.")
    server = Server(folder_of(Path(__file__).resolve().parent.parent))
    if chosen.command == "stop":
        done = "stopped" if server.stop() else "was not running"
    elif chosen.command == "status":
        done = "is running" if server.is_ready() else "is not running"
    else:
        done = "started" if server.start() else "is running"
    if chosen.command == "psql":
        os.execv(server.bin / "psql", ["psql", "-h", str(server.socket), "-U", ROLE, *chosen.rest, DATABASE])  # noqa: S606  # our own psql, no shell
    sys.stdout.write(f"Postgres {server.version} {done}: folder {server.folder}, socket {server.socket}\n")


if __name__ == "__main__":
    main()
