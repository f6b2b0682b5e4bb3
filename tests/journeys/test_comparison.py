"""Reading the candidates in a browser: the first difference, folds, observations, words, a phone, and no script at all."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Queue, User
from tests.factories import ItemFactory, ProjectFactory, QueueFactory, TraceFactory, person
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TABLE = json.dumps([{"charge": f"ch_{n}", "amount": 49.9, "status": "settled"} for n in range(12)])


def calling(tool: str, seen: str, **arguments: Any) -> list[dict[str, Any]]:
    made = {"id": "c", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    return [
        {"role": "assistant", "content": "I look before I act.", "tool_calls": [made]},
        {"role": "tool", "tool_call_id": "c", "content": seen},
    ]


def refund(charge: str, final: str, *, steps: int = 2) -> list[dict[str, Any]]:
    """A run that looks around `steps` times, refunds a charge and says so."""
    looked = [message for n in range(steps) for message in calling("list_charges", TABLE, page=n)]
    done = calling("refund", "ok", charge=charge, note={"why": "duplicate", "order": 8841})
    return [{"role": "user", "content": "Refund 8841."}, *looked, *done, {"role": "assistant", "content": final}]


RUNS = {
    "ch_1": "Your refund of the **first** charge is on its way.",
    "ch_2": "Your refund of the second charge is done.",
}


def lent(*runs: list[dict[str, Any]]) -> tuple[Queue, User]:
    project = ProjectFactory(name="Refund desk")
    queue = QueueFactory(project=project)
    ItemFactory(queue=queue, traces=[TraceFactory(project=project, messages=run) for run in runs])
    return queue, person(project, "annotator")


def started(open_page: OpenPage, *runs: list[dict[str, Any]], **how: Any) -> Page:
    queue, me = lent(*runs)
    page = open_page(me, f"/queues/{queue.pk}/annotate/", **how)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#answer")).to_be_visible()
    return page


def two() -> list[list[dict[str, Any]]]:
    return [refund(charge, final) for charge, final in RUNS.items()]


def test_d_goes_to_the_first_difference_and_its_arguments_are_marked(open_page: OpenPage) -> None:
    page = started(open_page, *two())

    page.keyboard.press("d")

    expect(page.locator("#parting")).to_be_focused()
    expect(page.locator("#parting")).to_contain_text("First difference")
    marked = page.locator(".lanes > .step .arguments mark")
    assert sorted(marked.all_inner_texts()) == ["ch_1", "ch_2"]


def test_what_is_the_same_is_folded_and_opens_by_key(open_page: OpenPage) -> None:
    page = started(open_page, *two())
    fold = page.locator("[data-fold]")
    expect(fold.locator("summary").first).to_have_text(re.compile("2 identical steps: list_charges"))
    expect(fold.locator(".tool").first).not_to_be_visible()

    fold.locator("summary").first.focus()
    page.keyboard.press("Enter")

    expect(fold.locator(".tool").first).to_be_visible()
    fold.locator("[data-observation] summary").first.click()
    expect(fold.locator("pre").first).to_contain_text('"charge": "ch_0"')
    assert violations(page) == []


def test_final_answers_are_compared_word_by_word(open_page: OpenPage) -> None:
    page = started(open_page, *two())

    page.get_by_text("A and B word by word").click()

    words = page.locator(".diff-text")
    expect(words.locator("del").last).to_be_visible()
    shown = {words.locator(".plain del").first.inner_text(), words.locator(".plain ins").first.inner_text()}
    assert shown == {"**first**", "second"}
    assert violations(page) == []


def test_a_long_item_brings_what_is_opened(open_page: OpenPage) -> None:
    runs = [refund(charge, final, steps=90) for charge, final in RUNS.items()]
    page = started(open_page, *runs)
    fold = page.locator("[data-fold]").first
    expect(fold.locator(".step")).to_have_count(0)

    fold.locator("summary").first.click()
    expect(fold.locator(".step")).to_have_count(90)
    fold.locator("[data-observation] summary").first.click()

    expect(fold.locator("pre").first).to_contain_text('"charge": "ch_11"')
    assert violations(page) == []


def test_buttons_open_everything_and_close_it_again(open_page: OpenPage) -> None:
    page = started(open_page, *two())

    page.get_by_role("button", name="Unfold all").click()
    page.get_by_role("button", name="Open observations").click()
    expect(page.locator("[data-observation][open]")).to_have_count(2)
    page.get_by_role("button", name="Open observations").click()

    expect(page.locator("[data-observation][open]")).to_have_count(0)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (360, True)])
def test_on_a_phone_each_card_names_its_side_and_nothing_overflows(open_page: OpenPage, width: int, dark: bool) -> None:
    page = started(
        open_page, *[refund(f"ch_{n}" * 30, f"Done {n}. {'x' * 300}") for n in range(3)], width=width, dark=dark
    )
    page.get_by_text("A and B word by word").click()
    expect(page.locator(".diff-text")).to_be_visible()

    chips = page.locator(".lanes > .step .chip")
    assert set(chips.all_inner_texts()) == {"A", "B", "C"} and all(chip.is_visible() for chip in chips.all())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_everything_opens_without_scripts(open_page: OpenPage) -> None:
    page = started(open_page, *[refund(charge, final, steps=90) for charge, final in RUNS.items()], scripts=False)
    page.locator("[data-fold] summary").first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open these steps").click()
    steps = opened.value
    expect(steps.locator(".step")).to_have_count(90)

    page.get_by_text("A and B word by word").click()
    with page.context.expect_page() as compared:
        page.get_by_role("link", name="Compare the final answers").click()

    expect(compared.value.locator(".plain ins")).to_have_count(2)
