"""Ranking three runs in a browser: by keys, by buttons, by dragging and without scripts; the same order arrives."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Annotation, Queue
from annotation.queries import votes
from tests.journeys.annotating import annotator, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    return queue_of(3)


def chip(page: Page, name: str) -> Locator:
    """The button that stands for a side."""
    return page.locator(f'#ranking [data-name="{name}"] .rank-name')


def stored(given: Annotation) -> list[list[str]]:
    """The stored ranking by the names that the person saw."""
    return [sorted("ABC"[given.order.index(side)] for side in group) for group in given.answer["ranking"]]


def labels(queue: Queue) -> dict[str, str]:
    """What the export says of each pair."""
    lines = [json.loads(line) for line in votes.human_votes(queue.project, names=False)]
    return {line["item"].partition(":")[2]: line["label"] for line in lines}


def test_an_order_by_keys_with_a_tie_is_stored_echoed_and_exported(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    expect(page.get_by_role("button", name="Submit")).to_have_attribute("aria-disabled", "true")

    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Rank the runs first")
    page.keyboard.press("2")
    page.keyboard.press("1")
    expect(page.locator("#why-not")).to_have_text("Rank all runs: C left.")
    page.keyboard.press("=")
    page.keyboard.press("3")
    expect(page.locator("#ranking-said")).to_have_text("B > A = C")
    expect(page.locator("#announcer")).to_contain_text("B > A = C")
    given = submitted(page)

    assert stored(given) == [["B"], ["A", "C"]]
    expect(page.locator(".echo")).to_have_text("Saved: B > A = C")
    a, b, c = given.order
    said = labels(queue)
    assert said[f"{min(a, c)}-{max(a, c)}"] == "tie"
    assert said[f"{min(a, b)}-{max(a, b)}"] == ("a" if b < a else "b")
    page.goto("/me/answers/")
    expect(page.get_by_role("link", name="B > A = C")).to_be_visible()


def test_shift_and_a_number_tie_and_a_number_again_takes_out(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    for key in ("1", "2", "1", "Shift+Digit3", "1"):
        page.keyboard.press(key)

    expect(page.locator("#ranking-said")).to_have_text("B = C > A")
    assert stored(submitted(page)) == [["B", "C"], ["A"]]


def test_an_order_by_buttons(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    for name in "ABC":
        chip(page, name).click()
    page.get_by_role("button", name="C one place better").click()
    page.get_by_role("button", name="A level with the one before").click()
    expect(page.locator("#ranking-said")).to_have_text("A > C > B")  # the first has nobody before it
    page.get_by_role("button", name="B level with the one before").click()

    expect(page.locator("#ranking-said")).to_have_text("A > B = C")
    assert violations(page) == []
    assert stored(submitted(page)) == [["A"], ["B", "C"]]


def dragged(page: Page, name: str, onto: str, share: float) -> None:
    """Drag one side onto another: 0 is its left edge, 1 its right edge."""
    start, end = chip(page, name).bounding_box(), page.locator(f'#ranking > [data-name="{onto}"]').bounding_box()
    assert start and end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] * share, end["y"] + end["height"] / 2, steps=5)
    page.mouse.up()


def test_an_order_by_dragging(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    for key in "123":
        page.keyboard.press(key)
    dragged(page, "C", onto="A", share=0.05)
    expect(page.locator("#ranking-said")).to_have_text("C > A > B")
    dragged(page, "B", onto="C", share=0.5)

    expect(page.locator("#ranking-said")).to_have_text("B = C > A")
    chip(page, "A").press("Enter")  # the end of a drag is no press, but this is
    expect(page.locator("#ranking-said")).to_have_text("B = C")
    chip(page, "A").press("Enter")
    assert stored(submitted(page)) == [["B", "C"], ["A"]]


def test_all_bad_clears_the_order(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("1")
    page.keyboard.press("x")

    given = submitted(page)

    assert (given.answer["choice"], given.answer["ranking"]) == ("both_bad", None)


def test_an_order_without_scripts(queue: Queue, open_page: OpenPage) -> None:
    page = open_page(annotator(queue), path(queue), scripts=False)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose first")
    for name, place in (("A", "2"), ("B", "1"), ("C", "2")):
        page.get_by_label(f"Place of {name}").select_option(place)
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_text("Saved: B > A = C")).to_be_visible()
    assert stored(Annotation.objects.get()) == [["B"], ["A", "C"]]


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 360)])
def test_six_runs_fit_a_phone_and_axe_finds_nothing(open_page: OpenPage, dark: bool, width: int) -> None:
    wide = queue_of(6, items=1, rubric=[{"key": "tone", "name": "Tone", "help": "kind and short"}])
    page = started(open_page(annotator(wide), path(wide), dark=dark, width=width))
    for key in "4153":
        page.keyboard.press(key)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_best_of_three_is_one_key(open_page: OpenPage) -> None:
    found = queue_of(3, asks_ranking=False)
    page = started(open_page(annotator(found), path(found)))
    page.keyboard.press("3")

    given = submitted(page)

    assert given.answer["choice"] == "abc"[given.order[2]]
    expect(page.locator(".echo")).to_have_text("Saved: C is best")
