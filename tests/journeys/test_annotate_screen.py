"""The annotate screen in a browser: keys only, drafts, failures, a phone, and no script at all."""

import re

import pytest
from playwright.sync_api import Route, expect

from annotation.models import Annotation, Draft, Queue, User
from tests.factories import GuidelineFactory, ItemFactory, ProjectFactory, QueueFactory, TraceFactory, person
from tests.journeys.annotating import intercepting, path, started
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    """Three comparisons whose runs differ in their last answer, with guidelines."""
    project = ProjectFactory(name="Refund desk")
    GuidelineFactory(project=project)
    found = QueueFactory(project=project, name="Disputed refunds")
    for n in range(3):
        ItemFactory(
            queue=found, traces=[TraceFactory(project=project, text=f"Answer {s} of {n}") for s in ("one", "two")]
        )
    return found


@pytest.fixture
def me(queue: Queue) -> User:
    return person(queue.project, "annotator", first_name="Ana")


def test_a_whole_round_by_keys_alone(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))

    page.keyboard.press("Control+Enter")  # nothing chosen yet
    expect(page.get_by_role("alert")).to_contain_text("Choose first")
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="B is better")).to_be_checked()
    page.keyboard.press("r")
    page.keyboard.type("0 a b x s: keys typed in a text box choose nothing")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("1 today")
    expect(page.locator("#task")).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("Next item")

    page.keyboard.press("x")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("2 today")

    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()

    given = list(Annotation.objects.order_by("pk").values_list("kind", "answer__choice", "skip_reason"))
    first, second, third = given
    assert first[0] == "answer" and first[1] in "ab" and second[1] == "both_bad"
    assert third == ("skip", None, "I cannot judge this")
    first_row = Annotation.objects.order_by("pk")[0]
    assert first_row.answer["choice"] == "ab"[first_row.order[1]]
    assert first_row.answer["rationale"].startswith("0 a b x s")


def test_undo_brings_the_answer_back(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))
    page.keyboard.press("a")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("1 today")

    page.keyboard.press("u")

    expect(page.locator("#progress")).to_contain_text("0 today")
    expect(page.get_by_role("radio", name="A is better")).to_be_checked()
    expect(page.locator("#announcer")).to_contain_text("Taken back: A")
    assert not Annotation.objects.answers().exists()


def test_a_correction_starts_from_the_chosen_answer(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))
    page.keyboard.press("2")
    page.keyboard.press("c")
    box = page.get_by_label("How it should have read")
    expect(box).to_have_value(re.compile("^Answer"))
    shown = box.input_value()

    page.keyboard.press("Control+a")
    page.keyboard.type("Much better.")
    page.keyboard.press("Escape")
    expect(box).not_to_be_focused()
    page.keyboard.press("Control+Enter")

    expect(page.locator("#progress")).to_contain_text("1 today")
    given = Annotation.objects.get()
    assert given.answer["correction"] == {"side": given.order[1], "message": 3, "content": "Much better."}
    assert given.item.sides.get(index=given.order[1]).trace.messages[3]["content"] == shown


def test_a_draft_survives_a_reload(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))
    page.keyboard.press("0")
    page.keyboard.press("r")
    page.keyboard.type("half a thought")
    expect(page.locator("#saved")).to_have_text(re.compile(r"saved \d\d:\d\d"))
    assert Draft.objects.get().answer["rationale"] == "half a thought"

    again = open_page(me, path(queue))

    expect(again.get_by_role("radio", name="Tie")).to_be_checked()
    expect(again.get_by_label("Why?")).to_have_value("half a thought")
    expect(again.locator("#saved")).to_have_text(re.compile(r"draft of \d\d:\d\d"))


def test_what_cannot_be_sent_stays_and_is_stored_once_on_retry(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(intercepting(open_page(me, path(queue))))

    def lost_on_the_way_back(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(re.compile("/submit/"), lost_on_the_way_back)
    page.keyboard.press("1")
    page.get_by_label("Why?").fill("precious")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("One answer is kept on this device")
    expect(page.locator("[name=rationale]")).to_have_value("precious")
    page.get_by_role("button", name="Send now").click()

    page.unroute_all(behavior="wait")

    expect(page.locator("#progress")).to_contain_text("1 today", timeout=20_000)
    assert Annotation.objects.get().answer["rationale"] == "precious"


def test_single_keys_can_be_switched_off(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))
    page.keyboard.press("?")
    with page.expect_response(re.compile("single-keys")):
        page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("1")
    page.locator("#skip summary").click()
    page.keyboard.press("1")

    expect(page.get_by_role("radio", name="A is better")).not_to_be_checked()
    expect(page.locator("#progress")).to_contain_text("0 today")
    expect(page.locator("#skip")).to_have_attribute("open", "")
    me.refresh_from_db()
    assert not me.has_single_keys


def test_guidelines_open_as_a_drawer(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))

    page.keyboard.press("h")

    expect(page.get_by_role("dialog", name="Guidelines")).to_contain_text("solves the customer's problem")
    assert violations(page) == []
    page.keyboard.press("h")
    expect(page.get_by_role("dialog", name="Guidelines")).not_to_be_visible()


def test_back_shows_the_whole_page(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = started(open_page(me, path(queue)))
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("1 today")

    page.goto("/")
    page.go_back()

    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.locator("#answer")).to_be_visible()


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 390), (True, 360)])
def test_axe_finds_nothing(queue: Queue, me: User, open_page: OpenPage, dark: bool, width: int) -> None:
    page = open_page(me, path(queue), dark=dark, width=width)
    found = violations(page)
    started(page)
    found += violations(page)
    page.keyboard.press("2")
    page.keyboard.press("s")
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_label("How it should have read")).to_be_focused()
    found += violations(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is the original")
    page.locator("#correction").evaluate("editor => editor.scrollIntoView()")  # not half under the bar
    found += violations(page)
    page.locator("[data-command=discard]").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("1 today")
    page.goto("/")
    found += violations(page)

    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_works_without_scripts(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = open_page(me, path(queue), scripts=False)
    page.get_by_role("button", name="Start").click()
    page.locator("#answer").get_by_text("A is better").click()
    page.get_by_label("Why?").fill("by hand")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#progress")).to_contain_text("1 today")
    page.locator("#skip summary").click()
    page.get_by_role("button", name="Something is missing or broken").click()
    page.get_by_role("button", name="Undo last").click()

    expect(page.get_by_label("Why?")).to_have_value("by hand")
    assert list(Annotation.objects.order_by("pk").values_list("kind", flat=True)) == ["answer", "skip", "withdrawal"]


def test_the_policy_lets_nothing_through_and_nothing_is_reported(queue: Queue, me: User, open_page: OpenPage) -> None:
    page = open_page(me, "/")
    complaints: list[str] = []
    outside: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda sent: outside.append(sent.url) if "127.0.0.1" not in sent.url and "localhost" not in sent.url else None,
    )

    page.goto(path(queue))
    started(page)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("1 today")

    assert complaints == [] and outside == []
