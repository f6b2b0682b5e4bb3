"""The annotate screen for people who do not see it, do not use a mouse, or see it large: roles, names, zoom, colours."""

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Queue
from tests.journeys.annotating import annotator, path, queue_of, started
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HIDDEN = "document.documentElement.scrollWidth - innerWidth"
KINDS = {
    "two runs": lambda: queue_of(),
    "four runs in order": lambda: queue_of(4, asks_ranking=True),
    "marks": lambda: queue_of(1, kind="mark"),
    "rewriting": lambda: queue_of(1, kind="correct"),
}
# What is open, and the keys that open it.
STATES: dict[str, tuple[str, ...]] = {
    "as it comes": (),
    "refused": ("Control+Enter",),
    "help": ("?",),
    "guidelines": ("h",),
    "skip menu": ("s",),
    "flag menu": ("f",),
}


def tab_to(page: Page, role: str, name: str) -> None:
    """Reach a control by Tab alone, as it is announced."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]  # any role that the page has
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach the {role} {name!r}")


def test_the_whole_path_by_tab_space_and_enter_without_single_keys(open_page: OpenPage) -> None:
    queue = queue_of()
    me = annotator(queue)
    me.has_single_keys = False
    me.save(update_fields=["has_single_keys"])
    page = open_page(me, "/")

    tab_to(page, "button", "Start Disputed refunds")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    tab_to(page, "radio", "A is better")
    page.keyboard.press("Space")
    tab_to(page, "textbox", "Why? (optional)")
    page.keyboard.type("it says when")
    tab_to(page, "button", "Submit")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="Next item")).to_be_attached()
    given = Annotation.objects.get()
    assert (given.answer["choice"], given.answer["rationale"]) == ("ab"[given.order[0]], "it says when")
    tab_to(page, "button", "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why?")).to_have_value("it says when")


def test_everything_on_the_screen_has_its_role_and_name(open_page: OpenPage) -> None:
    queue = queue_of()
    page = started(open_page(annotator(queue), path(queue)))

    expect(page.get_by_role("main")).to_match_aria_snapshot("""
        - heading "Which run served the customer better?" [level=1]
        - heading "A" [level=2]
        - heading "B" [level=2]
        - article "A, final answer"
        - article "B, final answer"
        - group "Which run served the customer better?":
          - radio "A is better"
          - radio "Tie"
          - radio "Both bad"
          - radio "B is better"
        - textbox "Why? (optional)"
        - button "Submit" [disabled]
    """)
    expect(page.get_by_role("progressbar", name="Queue progress")).to_be_visible()


def test_what_happens_is_announced(open_page: OpenPage) -> None:
    queue = queue_of()
    page = started(open_page(annotator(queue), path(queue)))
    announcer = page.locator("#announcer")
    expect(announcer).to_have_role("status")
    expect(announcer).to_contain_text("Next item")

    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_attached()


@pytest.mark.parametrize("kind", KINDS)
def test_at_twice_the_size_nothing_is_cut_off_and_axe_finds_nothing(kind: str, open_page: OpenPage) -> None:
    queue: Queue = KINDS[kind]()
    # A window of 1280 × 800 at 200 % has this many of CSS's pixels.
    page = started(open_page(annotator(queue), path(queue), width=640, height=400))
    wrong: dict[str, list[str]] = {}
    for state, keys in STATES.items():
        for key in keys:
            page.keyboard.press(key)
        found = violations(page)
        if (hidden := page.evaluate(HIDDEN)) > 0:
            found.append(f"{hidden} px stick out at the side")
        if found:
            wrong[state] = found
        page.keyboard.press("Escape")

    assert wrong == {}
    for control in page.locator("#answer button:visible, #answer input:visible, #answer textarea:visible").all():
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        assert box is not None
        assert -1 <= box["x"] and box["x"] + box["width"] <= 641, control.get_attribute("name")


def test_with_forced_colours_a_choice_is_still_seen(open_page: OpenPage) -> None:
    queue = queue_of()
    page = open_page(annotator(queue), path(queue))
    page.emulate_media(forced_colors="active")
    started(page)
    choices = page.get_by_role("group", name="Which run served the customer better?")
    chosen = choices.locator("label", has_text="A is better")
    before = chosen.screenshot()

    page.keyboard.press("1")
    page.keyboard.press("r")  # the focus is elsewhere, so that no focus ring makes the difference

    assert chosen.screenshot() != before
    assert violations(page) == []
