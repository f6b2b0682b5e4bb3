"""Real data on the real server: imported over HTTP, labelled with keys alone, previewed as a release."""

import json
import uuid
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Item, Queue, Trace
from tests.factories import QueueFactory, TokenFactory, person
from tests.journeys.product import NewContext, eventually, serving, signed_in
from tests.real_data import real_data

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def send(url: str, project, body: bytes, *, format: str) -> dict:
    TokenFactory(project=project, secret=(secret := f"fw_{uuid.uuid4()}"))
    answer = httpx.post(
        f"{url}/api/v1/projects/{project.slug}/traces",
        params={"format": format}, content=body, timeout=120,
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


def label(page: Page, queue: Queue, *, answers: int, corrections: int) -> None:
    """Answer items one after the other; not a single click."""
    page.goto(f"/queues/{queue.pk}/annotate/")
    page.keyboard.press("Enter")
    for n in range(answers):
        expect(page.locator("#answer")).to_be_visible()
        page.keyboard.press("12"[n % 2])
        if n < corrections:
            page.keyboard.press("c")
            expect(page.locator("textarea[name=correction]")).to_be_focused()
            page.keyboard.press("Control+A")
            page.keyboard.type(f"I have checked your booking; here is what I can do ({n}).")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#progress")).to_contain_text(f"{n + 1} today")


def preview_counts(page: Page, project) -> str:
    page.goto(f"/p/{project.slug}/releases/new/")
    return page.locator("#preview").inner_text()


def test_two_annotators_label_and_correct_real_airline_runs(new_context: NewContext, tmp_path: Path) -> None:
    queue = QueueFactory(name="Airline", batch_size=60)
    project = queue.project
    ana, bo, eli = (person(project, role) for role in ("annotator", "annotator", "engineer"))
    body = (real_data("tau_bench") / "gpt-4o-airline.json").read_bytes()

    with serving(tmp_path) as url:
        result = send(url, project, body, format="tau-bench")
        again = send(url, project, body, format="tau-bench")
        eventually(lambda: Trace.objects.filter(state="ready").count() == 200, "the traces were not prepared")
        eventually(lambda: Item.objects.count() == 300, "the runs were not paired up")
        eventually(lambda: Item.objects.filter(slot__isnull=False).count() >= 40, "no batch was drawn")
        for annotator, corrections in ((ana, 5), (bo, 5)):
            label(signed_in(new_context, url, annotator.username), queue, answers=20, corrections=corrections)
        preview = preview_counts(signed_in(new_context, url, eli.username), project)

    assert (result["created"], again["created"], again["duplicate"]) == (200, 0, 200)
    assert Annotation.objects.answers().count() == 40
    assert "environment_diverged" in preview
    given = Annotation.objects.answers()
    assert given.filter(answer__correction__side__isnull=False).count() == 10
    # Each correction is a row to imitate, and a pair in which it is preferred to what the agent had written.
    assert "rows to imitate\n10" in preview, preview
    assert "20 correction rows" in preview, preview


def test_real_answer_pairs_become_preference_rows(new_context: NewContext, tmp_path: Path) -> None:
    queue = QueueFactory(name="PandaLM", batch_size=60)
    project = queue.project
    cleo, eli = person(project, "annotator"), person(project, "engineer")
    whole = json.loads((real_data("pandalm") / "testset-v1.json").read_text())
    # An empty answer is no training row; the release preview says so elsewhere.
    pairs = [row for row in whole if row["response1"] and row["response2"]][:100]

    with serving(tmp_path) as url:
        result = send(url, project, json.dumps(pairs).encode(), format="pandalm")
        eventually(lambda: Item.objects.filter(slot__isnull=False).count() >= 40, "no batch was drawn")
        label(signed_in(new_context, url, cleo.username), queue, answers=30, corrections=0)
        preview = preview_counts(signed_in(new_context, url, eli.username), project)

    assert result["created"] == 200
    assert Annotation.objects.answers().count() == 30
    assert "preference rows\n30" in preview, preview
