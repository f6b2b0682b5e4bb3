"""A real browser against a real server; a machine without Chromium skips these tests and says so."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Request
from pytest_django.live_server_helper import LiveServer

from annotation.models import User
from tests.journeys.chromium import ARGUMENTS, CHROMIUM

# Playwright's own loop looks like async code to Django's guard, though every test here is synchronous.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OpenPage = Callable[..., Page]
LONGEST = 2.0  # seconds that a request under way is waited for


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, or the one $CHROMIUM names."""
    if not Path(CHROMIUM).exists():
        pytest.skip(
            f"NO BROWSER at {CHROMIUM}: journeys were not tested; install chromium or set CHROMIUM to its path."
        )
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture
def open_page(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> Iterator[OpenPage]:
    """Open a path as this user: open_page(user, path, dark=False, width=1280, height=800, scripts=True)."""
    opened_contexts: list[BrowserContext] = []
    under_way: set[Request] = set()

    def opened(
        user: User, path: str, *, dark: bool = False, width: int = 1280, height: int = 800, scripts: bool = True
    ) -> Page:
        client = Client()
        client.force_login(user)
        context = new_context(
            base_url=live_server.url,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        opened_contexts.append(context)
        context.on("close", lambda closed: opened_contexts.remove(closed))
        context.on("request", lambda request: under_way.add(request))
        context.on("requestfinished", lambda request: under_way.discard(request))
        context.on("requestfailed", lambda request: under_way.discard(request))
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    leave(opened_contexts, under_way)


def leave(contexts: list[BrowserContext], under_way: set[Request]) -> None:
    """Let no request outlive the test: a page that is closed saves its draft, and the tables are emptied meanwhile."""
    deadline = time.monotonic() + LONGEST
    while under_way and time.monotonic() < deadline and (pages := [page for one in contexts for page in one.pages]):
        pages[0].wait_for_timeout(20)
    for context in contexts:
        context.set_offline(True)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice, one line each."""
    # axe is put in by the debugger, beside the page's content security policy.
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:3]}" for one in found]
