"""A day at the screen: drafts on two devices, a lease that runs out, no connection, shortcuts, guidelines."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from annotation.models import Annotation, Assignment, Draft, Flag, Queue
from annotation.queries import votes
from tests.factories import AssignmentFactory, GuidelineFactory
from tests.journeys.annotating import annotator, intercepting, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    return queue_of(asks_strength=True, rubric=[{"key": "tone", "name": "Tone", "help": ""}])


def test_a_second_device_goes_on_and_the_first_is_told(queue: Queue, open_page: OpenPage) -> None:
    me = annotator(queue)
    first = started(open_page(me, path(queue)))
    first.get_by_label("Why?").fill("from the desk")
    expect(first.locator("#saved")).to_contain_text("saved")
    second = open_page(me, path(queue))
    expect(second.get_by_label("Why?")).to_have_value("from the desk")
    second.get_by_label("Why?").fill("from the phone")
    expect(second.locator("#saved")).to_contain_text("saved")

    first.get_by_label("Why?").fill("from the desk again")

    expect(first.get_by_role("alert")).to_contain_text("on another device")
    assert Draft.objects.get().answer["rationale"] == "from the phone"
    first.get_by_role("link", name="Show the newer one").click()
    expect(first.get_by_label("Why?")).to_have_value("from the phone")


def test_strength_and_criteria_go_with_the_pick(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("2")
    page.keyboard.press("Shift+Digit3")
    page.keyboard.press("v")
    page.keyboard.press("ArrowRight")  # from no answer to A
    assert violations(page) == []
    page.keyboard.press("Escape")

    given = submitted(page)

    assert (given.answer["choice"], given.answer["strength"]) == ("ab"[given.order[1]], 3)
    assert given.answer["criteria"] == {"tone": "ab"[given.order[0]]}
    expect(page.locator(".echo")).to_have_text("Saved: B is much better")
    (vote,) = map(json.loads, votes.human_votes(queue.project, names=False))
    assert (vote["label"], vote["first"]) == (given.answer["choice"], "ab"[given.order[0]])


def test_an_answer_without_a_connection_waits_and_counts_once(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("1")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("One answer is kept on this device")
    assert violations(page) == []
    assert not Annotation.objects.exists()

    page.context.set_offline(False)

    expect(page.locator("#progress")).to_contain_text("1 today")
    expect(page.locator("#unsent")).not_to_be_visible()
    assert Annotation.objects.count() == 1


def test_a_kept_answer_survives_a_reload(queue: Queue, open_page: OpenPage) -> None:
    page = started(intercepting(open_page(annotator(queue), path(queue))))
    page.keyboard.press("2")
    page.route(re.compile("/submit/"), lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("kept on this device")
    page.unroute(re.compile("/submit/"))

    page.reload()

    expect(page.locator("#unsent")).to_contain_text("has been sent")
    given = Annotation.objects.get()
    assert given.answer["choice"] == "ab"[given.order[1]]


def test_an_expired_lease_is_said_kindly_and_keeps_the_text(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    lent = Assignment.objects.get()
    page.keyboard.press("1")
    page.get_by_label("Why?").fill("took my time")
    Assignment.objects.filter(pk=lent.pk).update(state="expired", closed_at=timezone.now())
    AssignmentFactory(item=lent.item, place=1)  # somebody else has it now

    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert")).to_contain_text("someone else has it now")
    expect(page.get_by_label("Why?")).to_have_value("took my time")
    page.get_by_role("button", name="Go on to the next item").click()
    expect(page.get_by_label("Why?")).to_have_value("")


def test_a_lease_that_ends_soon_shows_its_time(queue: Queue, open_page: OpenPage) -> None:
    me = annotator(queue)
    started(open_page(me, path(queue)))
    Assignment.objects.update(due_at=timezone.now() + timedelta(seconds=60))

    page = open_page(me, path(queue))

    expect(page.get_by_role("timer")).to_contain_text("yours for 0:")


@pytest.mark.parametrize("box", ["[name=rationale]", "[name=skip_words]"])
def test_keys_in_text_fields_only_write(queue: Queue, open_page: OpenPage, box: str) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("s")
    page.locator(box).focus()

    page.keyboard.type("1 2 0 x c u h ? f d")

    expect(page.locator(box)).to_have_value("1 2 0 x c u h ? f d")
    expect(page.locator("[name=choice]:checked")).to_have_count(0)
    assert page.locator("dialog[open]").count() == 0


def test_an_open_menu_closes_when_the_focus_leaves_it(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue), width=360))
    page.keyboard.press("s")
    expect(page.locator("#skip")).to_have_attribute("open", "")

    page.get_by_role("link", name="Correct").focus()

    expect(page.locator("#skip")).not_to_have_attribute("open", "")


def test_keys_with_modifiers_or_while_composing_do_nothing(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))

    page.keyboard.press("Alt+1")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', isComposing: true, bubbles: true}))"
    )

    expect(page.locator("[name=choice]:checked")).to_have_count(0)


def test_new_guidelines_are_announced_and_show_what_changed(queue: Queue, open_page: OpenPage) -> None:
    me = annotator(queue)
    page = started(open_page(me, path(queue)))
    page.keyboard.press("h")
    expect(page.get_by_role("dialog", name="Guidelines")).to_contain_text("Version 1")
    page.keyboard.press("h")
    GuidelineFactory(project=queue.project, version=2, text="Prefer the run that **respects** the customer's problem.")
    page.keyboard.press("1")
    submitted(page)
    expect(page.locator("#guidelines-changed")).to_be_visible()

    page.keyboard.press("h")

    dialog = page.get_by_role("dialog", name="Guidelines")
    expect(dialog.locator("del")).to_have_text("solves")
    expect(dialog.locator("ins")).to_have_text("respects")
    expect(page.locator("#guidelines-changed")).not_to_be_visible()
    assert violations(page) == []
    assert me.memberships.get().guideline_seen.version == 2


def test_an_answer_is_changed_later_and_its_history_stays(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("1")
    submitted(page)
    page.goto("/me/answers/")
    page.get_by_role("link", name="A is better").click()
    expect(page.locator("html[data-scripted] #answer")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("rowheader", name="both bad")).to_be_visible()
    expect(page.get_by_role("cell", name="A is better")).to_be_visible()
    assert violations(page) == []
    assert Annotation.objects.answers().get().answer["choice"] == "both_bad"


def test_a_flag_reaches_the_manager_and_the_item_stays(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("1")
    page.keyboard.press("f")
    page.get_by_label("What is wrong").fill("the order number is missing")
    assert violations(page) == []
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="lagged")).to_be_visible()
    flag = Flag.objects.get()
    assert (flag.note, flag.item) == ("the order number is missing", Assignment.objects.get().item)
    page.keyboard.press("Escape")
    assert submitted(page).kind == "answer"


def test_a_skip_with_a_reason_of_ones_own(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("s")
    page.get_by_label("Another reason").fill("both are cut off")
    page.keyboard.press("Enter")

    expect(page.locator(".echo")).to_have_text("Saved: skipped")
    assert Annotation.objects.get().skip_reason == "both are cut off"
