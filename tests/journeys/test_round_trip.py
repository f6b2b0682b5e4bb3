"""From a key to the figures: what is pressed is stored, exported, and counted in the agreement of the people."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Assignment, Queue, User
from annotation.queries import exports, votes
from tests.journeys.annotating import annotator, path, queue_of, started, submitted
from tests.journeys.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def key_of(label: str, me: User) -> str:
    """What this person presses to say this of the item on their screen."""
    order = Assignment.objects.open().get(annotator=me).order
    return {"tie": "0", "both_bad": "x"}.get(label) or str(1 + order.index("ab".index(label)))


def answered(page: Page, me: User, labels: Sequence[str]) -> None:
    """Answer one item after the other by keys."""
    for count, label in enumerate(labels, 1):
        page.keyboard.press(key_of(label, me))
        assert submitted(page, count).answer["choice"] == label


def exported(queue: Queue) -> list[dict[str, object]]:
    """The votes of people, as the export has them."""
    return [json.loads(line) for line in votes.human_votes(queue.project, names=True)]


def agreement(queue: Queue, file: Path) -> dict[str, dict[str, dict[str, float]]]:
    """What the published command makes of the exported votes."""
    file.write_text("\n".join(votes.vote_lines(queue.project, names=True)) + "\n")
    words = [sys.executable, "-m", "flywheel", "agreement", str(file), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, dict[str, dict[str, float]]] = json.loads(done.stdout)
    return found


def test_every_choice_of_two_people_reaches_the_export_and_the_agreement(open_page: OpenPage, tmp_path: Path) -> None:
    said = ["a", "b", "tie", "both_bad", "b"]
    queue = queue_of(items=5, overlap=2)
    for me in (annotator(queue), annotator(queue)):
        answered(started(open_page(me, path(queue))), me, said)

    by_item: dict[object, list[object]] = {}
    for vote in exported(queue):
        by_item.setdefault(vote["item"], []).append(vote["label"])
    assert sorted(by_item.values()) == sorted([label, label] for label in said)
    # The second person sees the sides turned round, and presses other keys for the same answers.
    assert {tuple(order) for order in Annotation.objects.values_list("order", flat=True)} == {(0, 1), (1, 0)}
    assert agreement(queue, tmp_path / "votes.jsonl")["humans"]["alpha"]["value"] == 1.0
    assert {row.source for row in exports.preference_rows(queue.project)} == {"comparison"}


def test_an_answer_taken_back_is_not_exported_and_the_one_after_it_is(open_page: OpenPage) -> None:
    queue = queue_of()
    me = annotator(queue)
    page = started(open_page(me, path(queue)))
    answered(page, me, ["a"])
    expect(page.locator("#answer")).to_be_visible()

    page.keyboard.press("u")
    expect(page.locator("#progress")).to_contain_text("0 today")
    assert exported(queue) == []
    page.keyboard.press(key_of("b", me))
    submitted(page)

    assert [vote["label"] for vote in exported(queue)] == ["b"]
    kinds = [json.loads(line)["kind"] for line in exports.answers(queue.project, names=True)]
    assert kinds == ["answer", "withdrawal", "answer"]


def test_a_skip_is_told_in_the_history_but_is_no_vote_and_goes_to_somebody_else(open_page: OpenPage) -> None:
    queue = queue_of(items=1)
    me, other = annotator(queue), annotator(queue)
    page = started(open_page(me, path(queue)))
    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()

    assert exported(queue) == []
    assert [json.loads(line)["kind"] for line in exports.answers(queue.project, names=True)] == ["skip"]
    answered(started(open_page(other, path(queue))), other, ["a"])
    assert [vote["label"] for vote in exported(queue)] == ["a"]
