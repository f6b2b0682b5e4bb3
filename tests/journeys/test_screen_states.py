"""Every state of the annotate screen, each reached once and then looked at in every mode: axe, and nothing cut off."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from annotation.models import Annotation, Assignment, Draft, Item, Queue
from tests.factories import AnnotationFactory, AssignmentFactory, GuidelineFactory, ItemFactory, TraceFactory, person
from tests.journeys.annotating import annotator, intercepting, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage
from tests.journeys.test_comparison import RUNS, refund

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Walk = Iterator[tuple[str, Page]]  # a state's name, and the page that is in it
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
AXE = """async (rules) => (await axe.run(rules)).violations.map((one) =>
    `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.target).join(" | ")}`)"""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
WIDE: ViewportSize = {"width": 1280, "height": 800}
# 200 % zoom of a window of 1280 x 800 has half as many of CSS's pixels each way. All modes ask for reduced motion.
MODES: dict[str, tuple[dict[str, Any], ViewportSize]] = {
    "light": ({}, WIDE),
    "dark": ({"color_scheme": "dark"}, WIDE),
    "360 px": ({}, {"width": 360, "height": 740}),
    "200 %": ({}, {"width": 640, "height": 400}),
    "forced colours": ({"forced_colors": "active"}, WIDE),
}
RUBRIC = [{"key": "tone", "name": "Tone", "help": "kind and short"}]
SELECT = "found => getSelection().selectAllChildren(document.querySelector(found))"


def complaints(page: Page) -> Iterator[str]:
    """What is wrong with the state the page is in, mode by mode; the page is wide and light again afterwards."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    for mode, (media, size) in MODES.items():
        page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", "reduced_motion": "reduce"} | media)
        page.set_viewport_size(size)
        yield from (f"{mode}: {one}" for one in page.evaluate(AXE, RULES))
        if (hidden := page.evaluate(OVERFLOW)) > 0:
            yield f"{mode}: {hidden} px stick out at the side"
    page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")
    page.set_viewport_size(WIDE)


def two_runs(open_page: OpenPage) -> Walk:
    """Comparing two runs: choosing, comparing words, asking for help, and what comes after an answer."""
    queue = queue_of(items=3, asks_strength=True, rubric=RUBRIC)
    page = open_page(annotator(queue), path(queue))
    yield "start", page
    yield "fresh", started(page)
    page.keyboard.press("Control+Enter")
    yield "nothing chosen", page
    page.keyboard.press("1")
    page.keyboard.press("Shift+Digit2")
    yield "choice and strength", page
    page.keyboard.press("v")
    page.keyboard.press("ArrowRight")
    yield "criterion answered", page
    page.locator("#criteria > summary").click()
    yield "criteria closed", page
    page.keyboard.press("w")
    expect(page.locator(".diff-text").first).to_be_visible()
    yield "word by word", page
    yield from menus_and_dialogs(page)
    submitted(page)
    yield "saved", page
    page.keyboard.press("u")
    expect(page.locator(".echo")).to_contain_text("Taken back")
    yield "taken back", page
    GuidelineFactory(project=queue.project, version=2, text="Prefer the run that **respects** the problem.")
    submitted(page)
    yield "guidelines changed", page
    page.keyboard.press("h")
    expect(page.locator("#guideline ins").first).to_be_visible()
    yield "guidelines drawer with what changed", page
    page.keyboard.press("Escape")
    page.goto(f"/assignments/{Annotation.objects.answers().get().assignment_id}/")
    yield "changing an answer", page
    page.goto("/me/answers/")
    yield "my answers", page


def menus_and_dialogs(page: Page) -> Walk:
    """The menus of the bar and the dialogs, on whatever item is shown."""
    page.keyboard.press("Escape")  # out of a text box, where keys only write
    page.keyboard.press("s")
    expect(page.locator("#skip")).to_have_attribute("open", "")
    yield "skip menu", page
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    yield "flag menu", page
    page.get_by_label("What is wrong", exact=True).fill("the order number is missing")
    page.keyboard.press("Enter")
    expect(page.locator("#flagged")).to_contain_text("Flagged")
    yield "flagged", page
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.locator("#guideline")).to_contain_text("Version 1")
    yield "guidelines drawer", page
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    yield "all keys", page
    page.keyboard.press("Escape")


def correcting_a_side(open_page: OpenPage) -> Walk:
    """The editor beside a comparison, and comments."""
    queue = queue_of()
    page = started(open_page(annotator(queue), path(queue)))
    page.keyboard.press("1")
    page.keyboard.press("c")
    box = page.get_by_label("How it should have read")
    expect(box).to_be_focused()
    expect(page.locator("#why-not")).to_contain_text("This is the original")
    expect(page.get_by_role("button", name="Submit")).to_have_attribute("aria-disabled", "true")
    yield "editor as it opens", page
    box.fill("Much better.")
    expect(page.locator(".diff ins").first).to_be_visible()
    yield "editor with what changed", page
    page.get_by_label("Rewrite").select_option(label="A · step 1")
    expect(page.get_by_role("button", name="Go on to the other")).to_be_visible()
    yield "asked before another message is rewritten", page
    page.get_by_role("button", name="Go on to the other").click()
    page.get_by_label("Arguments of call 1").fill('{"order": ')
    expect(page.locator("#call-1-error")).to_contain_text("Not JSON")
    page.get_by_text("Add a tool call").click()
    yield "editor of a call with an error", page
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice [role=alert]")).to_be_visible()
    yield "correction refused", page
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("#skip")).to_have_attribute("open", "")
    yield "skip menu over an editor", page
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    yield from commenting(page)


def commenting(page: Page) -> Walk:
    """A comment on words of the second run, from their selection to the list."""
    page.evaluate(SELECT, '.final[data-place="2"] .prose p')
    expect(page.locator("#comment-button")).to_be_visible()
    yield "words selected", page
    page.evaluate(SELECT, '.final[data-place="2"] .prose p')
    page.keyboard.press("m")
    yield "comment box", page
    page.get_by_label("What about it?").fill("too vague")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Comment on")).to_be_visible()
    yield "comments listed", page


def drafts_and_failures(open_page: OpenPage) -> Walk:
    """What comes back after a crash, what another device did, what could not be sent, and leases that end."""
    queue = queue_of(items=4)
    me = annotator(queue)
    page = started(intercepting(open_page(me, path(queue))))
    page.get_by_label("Why?").fill("half a thought")
    expect(page.locator("#saved")).to_contain_text("saved")
    yield "draft saved", page
    page.reload()
    expect(page.locator("#saved")).to_contain_text("draft of")
    yield "draft restored", page
    Draft.objects.update(saved_at=timezone.now(), answer={"rationale": "from the phone"})
    page.get_by_label("Why?").fill("from the desk")
    expect(page.get_by_role("alert")).to_contain_text("on another device")
    yield "newer draft elsewhere", page
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.route(re.compile("/submit/"), lambda route: route.fulfill(status=403, body="<main><p>No.</p></main>"), times=1)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("not stored")
    yield "refused by the server", page
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("kept on this device")
    yield "unsent", page
    page.context.set_offline(False)
    expect(page.locator("#progress")).to_contain_text("1 today")
    Assignment.objects.open().update(due_at=timezone.now() + timedelta(seconds=60))
    page.reload()
    expect(page.get_by_role("timer")).to_contain_text("yours for")
    yield "lease ends soon", page
    lent = Assignment.objects.open().get()
    Assignment.objects.filter(pk=lent.pk).update(state="expired", closed_at=timezone.now())
    AssignmentFactory(item=lent.item, place=1)  # somebody else has it now
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("someone else has it now")
    yield "lease expired", page


def long_runs(open_page: OpenPage) -> Walk:
    """Runs of many steps, whose shared ones are folded."""
    queue = queue_of(items=0)
    runs = [TraceFactory(project=queue.project, messages=refund(*run, steps=40)) for run in RUNS.items()]
    ItemFactory(queue=queue, traces=runs)
    page = started(open_page(annotator(queue), path(queue)))
    yield "long runs, folded", page
    page.keyboard.press("d")
    yield "long runs, first difference", page
    page.locator("[data-fold] > summary").first.click()
    expect(page.locator("[data-fold] .step").nth(30)).to_be_visible()
    page.locator("[data-observation] > summary").first.click()
    expect(page.locator("[data-observation] pre").first).to_be_visible()
    yield "long runs, a fold and what came back opened", page


def ranking(sides: int) -> Callable[[OpenPage], Walk]:
    """Putting this many runs in order."""

    def walk(open_page: OpenPage) -> Walk:
        queue = queue_of(sides, items=1, rubric=RUBRIC)
        page = started(open_page(annotator(queue), path(queue)))
        yield f"{sides} runs, none ranked", page
        page.keyboard.press("2")
        page.keyboard.press("1")
        page.keyboard.press("=")
        yield f"{sides} runs, the next ties", page
        for place in range(3, sides + 1):
            page.keyboard.press(str(place))
        yield f"{sides} runs, all ranked", page

    return walk


def best_of_three(open_page: OpenPage) -> Walk:
    """Picking the best of three runs."""
    queue = queue_of(3, items=2, asks_ranking=False)
    page = started(open_page(annotator(queue), path(queue)))
    yield "best of three", page
    page.keyboard.press("3")
    yield "best of three, chosen", page
    page.keyboard.press("?")
    yield "best of three, all keys", page
    page.keyboard.press("Escape")
    submitted(page)
    yield "best of three, saved", page


def correcting(open_page: OpenPage) -> Walk:
    """A queue that asks for rewriting."""
    queue = queue_of(1, kind="correct", items=2)
    page = started(open_page(annotator(queue), path(queue)))
    yield "rewriting, fresh", page
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "rewriting, unchanged", page
    page.get_by_label("Rewrite").select_option(label="step 1")
    page.get_by_label("Arguments of call 1").fill('{"order": 4712}')
    expect(page.locator(".diff ins").first).to_be_visible()
    yield "rewriting a call", page
    yield from menus_and_dialogs(page)
    submitted(page)
    yield "rewriting, saved", page


def marking(open_page: OpenPage) -> Walk:
    """A queue that asks for marks on steps."""
    queue = queue_of(1, kind="mark", items=1)
    page = started(open_page(annotator(queue), path(queue)))
    yield "marking, fresh", page
    page.keyboard.press("Control+Enter")
    yield "marking, nothing marked", page
    for key in ("j", "+", "j", "-", "e"):
        page.keyboard.press(key)
    page.get_by_label("What is wrong with step 2").select_option(label="said something untrue")
    yield "marking, first error with its reason", page
    yield from menus_and_dialogs(page)
    page.keyboard.press("n")
    yield "marking, no error", page
    page.keyboard.press("c")
    expect(page.get_by_label("How it should have read")).to_be_focused()
    yield "marking with a correction", page


def reviewing(open_page: OpenPage) -> Walk:
    """A disputed item: the list, the blind look, and what everybody said."""
    queue = queue_of(items=1, overlap=2)
    for place, choice in enumerate("ab"):
        lent = AssignmentFactory(item=Item.objects.get(), state="done", place=place)
        AnnotationFactory(assignment=lent, answer={"choice": choice, "rationale": "polite", "correction": None})
    page = open_page(person(queue.project, "reviewer"), f"/p/{queue.project.slug}/review/")
    yield "disputed items", page
    page.get_by_role("button", name="Judge the next").click()
    expect(page.locator("#answer")).to_be_visible()
    yield "blind look", page
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="What everybody said")).to_be_visible()
    yield "what everybody said", page


def at_rest(open_page: OpenPage) -> Walk:
    """The reasons why there is no item, one of each heading but that of a batch being drawn."""
    queue = queue_of(items=1)
    page = open_page(annotator(queue), path(queue))

    def looked(heading: str, **rules: Any) -> tuple[str, Page]:
        Queue.objects.filter(pk=queue.pk).update(**rules)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        return f"at rest: {heading}, {rules or 'all are lent'}", page

    yield looked("Paused", paused_at=timezone.now())
    page.reload()
    yield "at rest: paused, as it is opened", page
    yield looked("Nothing for you here", paused_at=None, skills=["law"])
    lent = AssignmentFactory(item=Item.objects.get(), place=0)
    yield looked("Nothing free right now", skills=[])
    Assignment.objects.filter(pk=lent.pk).update(state="expired", closed_at=timezone.now())
    ItemFactory(queue=queue)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    yield "at rest: all done, with an answer to take back", page
    yield looked("Enough for today", daily_quota=1)


WALKS: list[Callable[[OpenPage], Walk]] = [
    two_runs, correcting_a_side, drafts_and_failures, long_runs, best_of_three, correcting, marking, reviewing, at_rest,
]  # fmt: skip


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_every_state_is_whole_and_accessible_in_every_mode(
    walk: Callable[[OpenPage], Walk], open_page: OpenPage
) -> None:
    wrong = {state: found for state, page in walk(open_page) if (found := list(complaints(page)))}

    assert wrong == {}


@pytest.mark.parametrize("sides", range(3, 7))
def test_every_state_of_ranking_is_whole_and_accessible_in_every_mode(sides: int, open_page: OpenPage) -> None:
    wrong = {state: found for state, page in ranking(sides)(open_page) if (found := list(complaints(page)))}

    assert wrong == {}
