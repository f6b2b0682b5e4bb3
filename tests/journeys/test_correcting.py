"""Rewriting messages and calls, and commenting, in a browser; and what the database and the export make of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Draft, Queue, Trace
from annotation.queries import exports
from tests.journeys.annotating import annotator, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queue() -> Queue:
    return queue_of()


def corrected(given: Annotation) -> Trace:
    """The run whose message was rewritten."""
    return given.item.sides.get(index=given.answer["correction"]["side"]).trace


def opened(page: Page, key: str) -> Page:
    """The editor for the final answer of a picked side."""
    page.keyboard.press(key)
    page.keyboard.press("c")
    expect(page.get_by_label("How it should have read")).to_be_focused()
    return page


def test_a_rewritten_answer_shows_what_changed(queue: Queue, open_page: OpenPage) -> None:
    page = opened(started(open_page(annotator(queue), path(queue))), "1")
    box = page.get_by_label("How it should have read")
    before = box.input_value()
    box.fill(before.replace("Answer", "Reply"))

    diff = page.get_by_role("group", name="What changed", exact=True)
    expect(diff.locator("del")).to_have_text("Answer")
    expect(diff.locator("ins")).to_have_text("Reply")
    assert violations(page) == []
    given = submitted(page)

    assert given.answer["correction"]["content"] == before.replace("Answer", "Reply")
    assert corrected(given).messages[3]["content"] == before
    pair = next(row for row in exports.preference_rows(queue.project) if row.chosen[0]["content"] != before)
    assert pair.chosen[0]["content"] == before.replace("Answer", "Reply")
    assert pair.rejected[0]["content"] == before


def test_the_arguments_of_a_call_are_checked_here_and_by_its_schema(queue: Queue, open_page: OpenPage) -> None:
    page = opened(started(open_page(annotator(queue), path(queue))), "2")
    page.get_by_label("Rewrite").select_option(label="B · step 1")
    arguments = page.get_by_label("Arguments of call 1")
    expect(arguments).to_have_value('{"order": 4711}')
    expect(page.get_by_label("How it should have read")).to_be_focused()

    arguments.fill('{"order": ')
    expect(page.locator("#call-1-error")).to_contain_text("Not JSON yet")
    arguments.fill('{"order": "4712"}')
    expect(page.locator("#call-1-error")).to_have_text("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("must be of type integer")
    expect(page.locator("#call-1-error")).to_contain_text("must be of type integer")
    assert violations(page) == []
    page.get_by_label("Arguments of call 1").fill('{"order": 4712}')
    given = submitted(page)

    correction = given.answer["correction"]
    assert correction["tool_calls"] == [{"name": "find_order", "arguments": {"order": 4712}}]
    assert (correction["side"], correction["message"]) == (given.order[1], 1)


def test_another_message_keeps_what_was_typed_for_the_first(queue: Queue, open_page: OpenPage) -> None:
    page = opened(started(open_page(annotator(queue), path(queue))), "1")
    page.get_by_label("How it should have read").fill("Half done")
    page.get_by_label("Rewrite").select_option(label="A · step 1")
    expect(page.get_by_role("alert")).to_contain_text("An answer carries one rewrite")
    expect(page.get_by_label("How it should have read")).to_have_value("Half done")
    assert violations(page) == []
    page.get_by_role("button", name="Go on to the other").click()
    expect(page.get_by_label("Arguments of call 1")).to_be_visible()

    page.get_by_label("Rewrite").select_option(label="A · final answer")

    expect(page.get_by_label("How it should have read")).to_have_value("Half done")


def test_an_answer_instead_of_a_call_can_be_given_its_call(queue: Queue, open_page: OpenPage) -> None:
    page = opened(started(open_page(annotator(queue), path(queue))), "1")
    page.get_by_text("Add a tool call").click()
    page.get_by_label("Tool").fill("find_order")
    page.get_by_label("Arguments of call 1").fill('{"order": 1}')

    given = submitted(page)

    assert given.answer["correction"]["tool_calls"] == [{"name": "find_order", "arguments": {"order": 1}}]


def test_a_discarded_correction_is_not_sent(queue: Queue, open_page: OpenPage) -> None:
    page = opened(started(open_page(annotator(queue), path(queue))), "1")
    page.get_by_label("How it should have read").fill("Never mind")
    page.get_by_role("button", name="Discard").click()

    assert submitted(page).answer["correction"] is None


def test_a_message_is_rewritten_without_scripts(queue: Queue, open_page: OpenPage) -> None:
    page = open_page(annotator(queue), path(queue), scripts=False)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("link", name="Correct").click()
    page.get_by_label("Rewrite").select_option(label="A · step 1")
    page.get_by_role("button", name="Show this one").click()
    page.get_by_label("Arguments of call 1").fill('{"order": 12}')
    page.locator("#answer").get_by_text("B is better").click()
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_text("Saved: B is better")).to_be_visible()
    assert Annotation.objects.get().answer["correction"]["tool_calls"][0]["arguments"] == {"order": 12}


def test_a_comment_on_selected_words(queue: Queue, open_page: OpenPage) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.evaluate("""() => {
        const text = document.querySelector('.final[data-place="2"] .prose p').firstChild;
        getSelection().setBaseAndExtent(text, 0, text, 8);
    }""")
    expect(page.get_by_role("button", name="Comment")).to_be_visible()
    page.keyboard.press("m")
    page.get_by_label("What about it?").fill("too vague")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Comment on")).to_have_value("too vague")
    page.keyboard.press("2")

    given = submitted(page)

    (comment,) = given.answer["comments"]
    message = given.item.sides.get(index=given.order[1]).trace.messages[3]["content"]
    assert comment["text"] == "too vague" and comment["side"] == given.order[1]
    assert message[comment["start"] : comment["end"]] == comment["quote"] == message[:8]


def test_comments_are_offered_on_the_agents_words_only_and_their_changes_are_drafted(
    queue: Queue, open_page: OpenPage
) -> None:
    page = started(open_page(annotator(queue), path(queue)))
    page.get_by_role("button", name="Unfold all").click()
    select = "found => getSelection().selectAllChildren(document.querySelector(found))"
    page.evaluate(select, ".step .tool")
    page.keyboard.press("m")
    expect(page.locator("#notice")).to_contain_text("Select some of the agent's words first")
    page.evaluate(select, '.final[data-place="2"] .prose p')
    page.get_by_role("button", name="Comment").click()
    page.get_by_label("What about it?").fill("too vague")
    page.get_by_role("dialog").get_by_role("button", name="Close").press("Enter")
    expect(page.get_by_role("textbox", name="Comment on")).to_have_count(0)
    page.evaluate(select, '.final[data-place="2"] .prose p')
    page.keyboard.press("m")
    page.get_by_label("What about it?").fill("too vague")
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("saved")

    with page.expect_response(re.compile("/draft/")):
        page.get_by_role("textbox", name="Comment on").fill("much too vague")

    assert Draft.objects.get().answer["comments"][0]["text"] == "much too vague"
