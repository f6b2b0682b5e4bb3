"""Marking the steps of a run in a browser, by keys and without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from annotation.models import Annotation, Draft, Queue
from annotation.queries import preferences
from tests.factories import ItemFactory, TraceFactory
from tests.journeys.annotating import annotator, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    return queue_of(1, kind="mark")


def test_steps_are_marked_by_keys(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    expect(page.locator("#why-not")).to_contain_text("Mark a step first")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Mark a step first")
    page.keyboard.press("j")
    page.keyboard.press("+")
    page.keyboard.press("j")
    page.keyboard.press("-")
    page.keyboard.press("e")
    expect(page.locator("#announcer")).to_contain_text("First error at step 2")
    page.get_by_label("What is wrong with step 2").select_option(label="said something untrue")
    assert violations(page) == []

    given = submitted(page)

    assert given.answer["steps"] == [
        {"step": 1, "value": 1, "reason": ""},
        {"step": 2, "value": -1, "reason": "false_claim"},
    ]
    assert given.answer["first_error"] == 2
    everything = preferences.answers(queue.project, preferences.Filters())
    assert [marking.labels for _, marking in preferences.markings(everything)] == [{1: True, 2: False}]
    expect(page.locator(".echo")).to_have_text("Saved: 2 steps marked, first error at step 2")


def test_no_error_is_one_key_and_excludes_a_first_error(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("n")

    given = submitted(page)

    assert given.answer["is_clean"] and given.answer["first_error"] is None


def test_marks_come_back_with_the_draft(queue: Queue, open_page: OpenPage) -> None:
    me = annotator(queue)
    page = started(open_page(me, path(queue)))
    page.keyboard.press("j")
    page.keyboard.press("-")
    expect(page.locator("#saved")).to_contain_text("saved")

    again = open_page(me, path(queue))

    expect(again.get_by_role("group", name="Step 1").get_by_label("−1 bad")).to_be_checked()


def test_marking_without_scripts_on_a_phone(queue: Queue, open_page: OpenPage) -> None:
    page = open_page(annotator(queue), path(queue), scripts=False, width=360)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("group", name="Step 2").get_by_label("0 neutral").check()
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_text("Saved: 1 step marked")).to_be_visible()
    assert Annotation.objects.get().answer["steps"] == [{"step": 2, "value": 0, "reason": ""}]


def test_marks_of_steps_that_are_fetched_later_survive_a_reload(open_page: OpenPage) -> None:
    queue = queue_of(1, kind="mark", items=0)
    turns = [
        turn
        for n in range(60)
        for turn in (
            {"role": "assistant", "content": None, "tool_calls": [looked_up(n)]},
            {"role": "tool", "tool_call_id": f"c{n}", "content": "x" * 900},
        )
    ]
    ItemFactory(
        queue=queue, traces=[TraceFactory(project=queue.project, messages=[{"role": "user", "content": "?"}, *turns])]
    )
    me = annotator(queue)
    page = started(open_page(me, path(queue)))
    page.locator("[data-fold] > summary").click()
    late = page.get_by_role("group", name="Step 50")
    late.get_by_label("−1 bad").check()
    late.get_by_label("first error").check()
    late.get_by_label("What is wrong").select_option(label="said something untrue")
    expect(page.locator("#saved")).to_contain_text("saved")

    page.reload()
    page.get_by_role("group", name="Step 1", exact=True).get_by_label("+1 good").check()
    expect(page.locator("#saved")).to_contain_text(re.compile("^saved"))
    kept = Draft.objects.get().answer
    page.locator("[data-fold] > summary").click()

    expect(page.get_by_role("group", name="Step 50").get_by_label("−1 bad")).to_be_checked()
    late.get_by_label("What is wrong").select_option(label="what is wrong?")
    given = submitted(page)
    assert kept["steps"] == [{"step": 1, "value": 1, "reason": ""}, {"step": 50, "value": -1, "reason": "false_claim"}]
    assert (kept["first_error"], given.answer["first_error"]) == (50, 50)
    assert given.answer["steps"][1] == {"step": 50, "value": -1, "reason": ""}


def looked_up(number: int) -> dict[str, Any]:
    """A tool call of its own."""
    return {"id": f"c{number}", "type": "function", "function": {"name": "look", "arguments": f'{{"page": {number}}}'}}
