"""The product as `make run` serves it, on the test's own database: web server and both workers, real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from playwright.sync_api import BrowserContext, Page, expect

from annotation.models import User
from tests.factories import PASSWORD

NewContext = Callable[..., BrowserContext]
PATIENCE = 300.0  # seconds for anything that workers do; a loaded machine is slow


def database_url() -> str:
    """The address of the database the test runs on."""
    given = connection.settings_dict
    password = f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else ""
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgres://{given['USER']}{password}@{quote(given['HOST'], safe='')}{port}/{given['NAME']}"


@contextmanager
def serving(state: Path) -> Iterator[str]:
    """`manage.py serve` until the block ends; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "FLYWHEEL_STATE_DIR": str(state),
        "DJANGO_SETTINGS_MODULE": "annotation.settings",
        "PORT": port,
    }
    log = (state / "serve.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--no-demo"],
        cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: is_ready(url), f"{url} did not become ready:\n{(state / 'serve.log').read_text()}")
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        log.close()


def is_ready(url: str) -> bool:
    """Whether the site answers."""
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def eventually(holds: Callable[[], object], otherwise: str, *, within: float = PATIENCE) -> None:
    """Wait until the condition holds; fail with `otherwise` when it never does."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(otherwise)
        time.sleep(0.2)


def signed_in(new_context: NewContext, url: str, username: str, **options: Any) -> Page:
    """A browser that was never here, in which this person logs in."""
    # The server knows no quick hashes, unlike the tests' own settings.
    User.objects.filter(username=username).update(password=PBKDF2PasswordHasher().encode(PASSWORD, "journey"))
    page = new_context(base_url=url, reduced_motion="reduce", **options).new_page()
    page.goto("/login/")
    expect(page.get_by_label("User name")).to_be_focused()  # a key that comes before it is lost
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(f"{url}/login/")
    return page
