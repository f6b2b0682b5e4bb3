"""What the journeys on the annotate screen share: queues with work in them, and the way to an item."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from annotation.models import Annotation, Queue, User
from tests.factories import GuidelineFactory, ItemFactory, ProjectFactory, QueueFactory, TraceFactory, person

ORDER_TOOL = {
    "type": "function",
    "function": {
        "name": "find_order",
        "parameters": {"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]},
    },
}


def queue_of(sides: int = 2, *, items: int = 2, rubric: list[dict[str, str]] | None = None, **rules: Any) -> Queue:
    """A queue with this many items, whose runs differ in their last answer."""
    project = ProjectFactory(name="Refund desk", rubric=rubric or [])
    GuidelineFactory(project=project, version=1)
    found: Queue = QueueFactory(project=project, name="Disputed refunds", sides=max(2, sides), **rules)
    for n in range(items):
        texts = [f"Answer {letter} of item {n}." for letter in "abcdef"[:sides]]
        ItemFactory(queue=found, traces=[TraceFactory(project=project, text=t, tools=[ORDER_TOOL]) for t in texts])
    return found


def annotator(queue: Queue) -> User:
    """Somebody who may work in the queue."""
    return person(queue.project, "annotator", first_name="Ana")


def path(queue: Queue) -> str:
    """The address of the screen."""
    return f"/queues/{queue.pk}/annotate/"


def intercepting(page: Page) -> Page:
    """The page, loaded anew under interception: a route made later holds for its very next request.

    On a page that was loaded without, Chromium lets requests pass for a moment after the first route is made.
    """
    page.route(re.compile("/never-asked-for/"), lambda route: route.abort())
    page.reload()
    return page


def started(page: Page) -> Page:
    """The page with an item on it, reached by a key."""
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    return page


def submitted(page: Page, count: int = 1) -> Annotation:
    """Submit by the keyboard; the newest answer as the database holds it."""
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text(f"{count} today")
    return Annotation.objects.order_by("pk").reverse()[0]
