"""Marking the steps of a run in a browser, by keys and without scripts."""

import pytest
from playwright.sync_api import expect

from annotation.models import Annotation, Queue
from annotation.queries import preferences
from tests.journeys.annotating import annotator, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    return queue_of(1, kind="mark")


def test_steps_are_marked_by_keys(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
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
