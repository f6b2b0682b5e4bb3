"""Every page in a browser, light and wide, dark and narrow: accessible, nothing cut off, nothing in the console."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from annotation.models import User
from tests.annotation import world as worlds
from tests.annotation.rights_table import PAGES, Row, with_report
from tests.annotation.test_rights import routes
from tests.annotation.world import World
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DOWNLOADS = {"release-file", "report-file", "waiting"}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pages(world: World) -> Iterator[tuple[str, User, str]]:
    """(route, somebody who may see it, address) of every page."""
    patterns = {route.name: route for route in routes()}
    for row in PAGES:
        if row.method == "GET" and row.name not in DOWNLOADS:
            kwargs = {key: world.places[row.place.get(key, key)] for key in patterns[row.name].pattern.converters}
            yield row.name, world.people[who(row)], reverse(row.name, kwargs=kwargs)


def who(row: Row) -> str:
    """The manager where they may, as they see most."""
    if row.name == "login":
        return "stranger"
    return "manager" if "manager" in row.roles or not row.roles else row.roles[0]


def complaints(page: Page, messages: list[str]) -> list[str]:
    """What is wrong with the page on the screen."""
    found = violations(page) + messages
    if (hidden := page.evaluate(OVERFLOW)) > 0:
        found.append(f"{hidden} px stick out at the side")
    return found


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 390)], ids=["light-wide", "dark-narrow"])
def test_every_page_is_accessible_and_whole(open_page: OpenPage, dark: bool, width: int) -> None:
    world = worlds.build()
    with_report(world)
    wrong: dict[str, list[str]] = {}

    for name, user, address in pages(world):
        page = open_page(user, "about:blank", dark=dark, width=width)
        messages: list[str] = []
        page.on("console", lambda message, to=messages: to.append(message.text) if message.type == "error" else None)
        answer = page.goto(address)
        assert answer is not None
        if answer.status != 200:
            messages.append(f"status {answer.status}")
        if found := complaints(page, messages):
            wrong[name] = found
        page.context.close()

    assert wrong == {}
