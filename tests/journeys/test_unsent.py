"""What cannot be sent or saved, and how it is told: nothing that was typed is lost."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from annotation.models import Annotation, Assignment, Draft, Queue
from tests.factories import AssignmentFactory
from tests.journeys.annotating import annotator, intercepting, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    return queue_of()


def test_a_log_in_elsewhere_keeps_the_text_and_the_next_try_is_stored(queue: Queue, open_page: OpenPage) -> None:
    page = started(intercepting(open_page(annotator(queue), path(queue))))
    page.keyboard.press("1")
    page.get_by_label("Why?").fill("precious")
    page.route(re.compile("/submit/"), lambda route: route.fulfill(status=403, body="<main><p>No.</p></main>"), times=1)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("This was not stored (403): No.")
    expect(page.get_by_label("Why?")).to_have_value("precious")
    page.evaluate("document.cookie = `csrftoken=${'n'.repeat(32)}; path=/`")  # what a log-in in another tab does

    page.get_by_role("button", name="Retry").click()

    expect(page.locator("#progress")).to_contain_text("1 today")
    assert Annotation.objects.get().answer["rationale"] == "precious"


def test_a_kept_answer_that_is_refused_stays_to_be_read_until_discarded(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    lent = Assignment.objects.get()
    page.keyboard.press("2")
    page.get_by_label("Why?").fill("precious")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("One answer is kept on this device")
    Assignment.objects.filter(pk=lent.pk).update(state="expired", closed_at=timezone.now())
    AssignmentFactory(item=lent.item, place=1)  # somebody else has it now

    page.context.set_offline(False)

    expect(page.locator("#unsent")).to_contain_text("someone else has it now")
    expect(page.locator("#unsent")).to_contain_text("You had chosen: B")
    page.reload()
    expect(page.locator("#unsent")).to_contain_text("You had written: precious")
    assert violations(page) == []
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#unsent")).not_to_be_visible()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_kept_answer_is_tried_again_after_a_failure(queue: Queue, open_page: OpenPage, status: int) -> None:
    page = started(intercepting(open_page(annotator(queue), path(queue))))
    page.keyboard.press("1")
    page.route(re.compile("/submit/"), lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("kept on this device")
    page.route(re.compile("/submit/"), lambda route: route.fulfill(status=status, body="<p>No.</p>"))
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#unsent")).to_contain_text(f"({status}). It will be tried again")

    page.unroute_all(behavior="wait")

    expect(page.locator("#progress")).to_contain_text("1 today", timeout=20_000)
    assert Annotation.objects.count() == 1


def test_a_short_lease_is_kept_by_early_beats_and_its_end_is_said(open_page: OpenPage) -> None:
    queue = queue_of(lease_seconds=30)
    page = open_page(annotator(queue), path(queue))
    page.clock.install()
    started(page)
    with page.expect_response(re.compile("/heartbeat/")) as kept:
        page.clock.run_for(11_000)
    assert kept.value.status == 200
    Assignment.objects.update(state="expired", closed_at=timezone.now())
    page.mouse.move(50, 50)

    page.clock.run_for(12_000)

    expect(page.get_by_role("timer")).to_contain_text("Your time for this item ran out")
    assert violations(page) == []


def test_a_draft_whose_reply_was_lost_is_not_taken_for_another_device(queue: Queue, open_page: OpenPage) -> None:
    page = started(intercepting(open_page(annotator(queue), path(queue))))

    def lost_on_the_way_back(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(re.compile("/draft/"), lost_on_the_way_back, times=1)
    page.get_by_label("Why?").fill("half")
    expect(page.locator("#saved")).to_have_text("not saved")
    page.get_by_label("Why?").fill("half a thought")

    expect(page.locator("#saved")).to_contain_text(re.compile("^saved"))
    assert Draft.objects.get().answer["rationale"] == "half a thought"


def test_undo_waits_for_a_draft_that_can_be_saved(queue: Queue, open_page: OpenPage) -> None:
    page = started(intercepting(open_page(annotator(queue), path(queue))))
    page.keyboard.press("1")
    submitted(page)
    page.get_by_label("Why?").fill("precious")
    page.route(re.compile("/draft/"), lambda route: route.abort())

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was undone")
    expect(page.get_by_label("Why?")).to_have_value("precious")
    page.unroute(re.compile("/draft/"))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#progress")).to_contain_text("0 today")
    assert Draft.objects.filter(answer__rationale="precious").exists()


def test_a_change_without_a_connection_waits_like_an_answer(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("1")
    given = submitted(page)
    page.goto(f"/assignments/{given.assignment_id}/")
    page.locator("html[data-scripted] [name=rationale]").fill("on second thoughts")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("One answer is kept on this device")

    page.context.set_offline(False)

    expect(page.get_by_text("Your answer is changed")).to_be_visible()
    assert Annotation.objects.get(supersedes=given).answer["rationale"] == "on second thoughts"
