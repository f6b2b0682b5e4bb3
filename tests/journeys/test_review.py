"""A disputed item on its way through a reviewer's browser; and a page that waits until work is here."""

import pytest
from playwright.sync_api import expect

from annotation.models import Annotation, Item, Queue, Round
from annotation.queries import preferences
from tests.factories import AnnotationFactory, AssignmentFactory, ItemFactory, person
from tests.journeys.annotating import annotator, path, queue_of
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTICE = "New work is here."


def disputed() -> Queue:
    """A queue with one item, about which two people disagree."""
    queue = queue_of(items=1, overlap=2)
    for place, choice in enumerate("ab"):
        lent = AssignmentFactory(item=Item.objects.get(), state="done", place=place)
        AnnotationFactory(
            assignment=lent, answer={"choice": choice, "rationale": f"{choice} is polite", "correction": None}
        )
    return queue


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 360)], ids=["light-wide", "dark-narrow"])
def test_a_reviewer_judges_blind_reads_the_others_and_says_why(open_page: OpenPage, dark: bool, width: int) -> None:
    queue = disputed()
    rosa = person(queue.project, "reviewer")

    page = open_page(rosa, "/", dark=dark, width=width)
    expect(page.get_by_text("Waiting for your review")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="1 disputed item").click()
    assert violations(page) == []
    page.get_by_role("button", name="Judge the next").click()
    expect(page.get_by_text("People disagreed about this item")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("is polite")
    assert violations(page) == []
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="What everybody said")).to_be_visible()
    expect(page.get_by_text("b is polite")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.get_by_label("The guideline is unclear here").check()
    page.get_by_role("button", name="Keep the reason").click()
    expect(page.get_by_text("Nothing is disputed right now.")).to_be_visible()

    decision = Annotation.objects.answers().get(round=Round.ADJUDICATION)
    found = preferences.answers(queue.project, preferences.Filters())
    ((_, _, pair),) = preferences.judged_pairs(found)
    assert decision.answer["choice"] == "ab"[decision.order[0]] == pair.label
    assert (decision.answer["reason"], pair.source, decision.annotator) == ("unclear", "adjudication", rosa)


def test_the_rest_screen_says_when_work_is_here_and_a_key_loads_it(open_page: OpenPage) -> None:
    queue = queue_of(items=0)
    page = open_page(annotator(queue), "about:blank")
    page.clock.install()
    asked: list[int] = []
    page.on("response", lambda answer: asked.append(answer.status) if "/me/waiting/" in answer.url else None)
    page.goto(path(queue))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()

    for _ in range(2):
        with page.expect_response("**/me/waiting/**"):
            page.clock.run_for(30_000)
    expect(page.get_by_text(NOTICE)).not_to_be_visible()
    ItemFactory(queue=queue)
    with page.expect_response("**/me/waiting/**"):
        page.clock.run_for(30_000)

    expect(page.get_by_text(NOTICE).first).to_be_visible()
    assert asked == [200, 304, 200]
    assert violations(page) == []
    page.keyboard.press("n")
    expect(page.locator("#answer")).to_be_visible()


def test_home_says_when_work_is_here(open_page: OpenPage) -> None:
    queue = queue_of(items=0)
    page = open_page(annotator(queue), "about:blank")
    page.clock.install()
    page.goto("/")

    ItemFactory(queue=queue)
    with page.expect_response("**/me/waiting/"):
        page.clock.run_for(30_000)

    expect(page.locator("#news")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("n")
    expect(page.locator("#news")).not_to_be_visible()
