"""Submit, skip, undo and change through the pages, with and without scripts."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import Annotation, Assignment
from tests.factories import AssignmentFactory, ItemFactory, QueueFactory, TraceFactory, person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def lent_to(client: Client, **fields: Any) -> Assignment:
    lent: Assignment = AssignmentFactory(**fields)
    client.force_login(lent.annotator)
    return lent


def test_a_submit_without_scripts_leads_to_the_next_item(client: Client) -> None:
    lent = lent_to(client)
    ItemFactory(queue=lent.queue, traces=[TraceFactory(text="the next one"), TraceFactory()])

    page = client.post(
        reverse("assignment-submit", args=[lent.pk]),
        {"choice": "1", "rationale": "clear", "client_key": "k1"},
        follow=True,
    )

    assert page.redirect_chain == [(reverse("annotate", args=[lent.queue_id]), 302)]
    assert "the next one" in page.content.decode()
    stored = Annotation.objects.get().answer
    assert (stored["choice"], stored["rationale"], stored["correction"]) == ("a", "clear", None)
    assert "Saved: A is better." in page.content.decode()


def test_a_submit_with_htmx_brings_the_next_item_as_a_fragment(client: Client) -> None:
    lent = lent_to(client)
    ItemFactory(queue=lent.queue, traces=[TraceFactory(text="the next one"), TraceFactory()])

    answer = client.post(
        reverse("assignment-submit", args=[lent.pk]), {"choice": "tie", "client_key": "k1"}, headers=HTMX
    )

    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="work"') and "the next one" in html and "<html" not in html
    assert 'id="progress" hx-swap-oob="true"' in html
    assert 'value="k1"' not in html  # the next item has a key of its own
    assert "HX-Request" in answer["Vary"]


def test_the_choice_is_stored_undisplayed(client: Client) -> None:
    lent = lent_to(client, order=[1, 0])

    client.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k1"})

    assert Annotation.objects.get().answer["choice"] == "b"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_untouched_form_is_refused_and_the_text_is_kept(client: Client, headers: dict[str, str]) -> None:
    lent = lent_to(client)

    answer = client.post(
        reverse("assignment-submit", args=[lent.pk]),
        {"rationale": "I was thinking", "client_key": "k1"},
        headers=headers,
    )

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose first: a run, tie or both bad." in html and "I was thinking" in html and 'value="k1"' in html
    assert not Annotation.objects.exists()


def test_a_submit_after_the_place_went_to_somebody_else_keeps_the_text(client: Client) -> None:
    lent = lent_to(client, state=Assignment.State.EXPIRED)
    AssignmentFactory(item=lent.item, place=1)

    answer = client.post(
        reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "rationale": "my long text", "client_key": "k1"}
    )

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "someone else has it now" in html and "my long text" in html and "Go on to the next item" in html


def test_the_same_submit_twice_stores_one_answer(client: Client) -> None:
    lent = lent_to(client)
    typed = {"choice": "2", "client_key": "once"}

    for _ in range(2):
        assert client.post(reverse("assignment-submit", args=[lent.pk]), typed).status_code == 302

    assert Annotation.objects.count() == 1


def test_a_correction_keeps_its_line_ends_and_counts_the_message(client: Client) -> None:
    lent = lent_to(client)
    typed = {"choice": "1", "client_key": "k", "correction_of": "1:3", "correction": "First.\r\nSecond."}

    client.post(reverse("assignment-submit", args=[lent.pk]), typed)

    assert Annotation.objects.get().answer["correction"] == {"side": 0, "message": 3, "content": "First.\nSecond."}


def test_the_original_sent_back_is_no_correction(client: Client) -> None:
    queue = QueueFactory(kind="correct")
    lent = lent_to(client, item=ItemFactory(queue=queue, traces=[TraceFactory(text="Two\nlines")]))
    typed = {"client_key": "k", "correction_of": "1:3", "correction": "Two\r\nlines"}

    answer = client.post(reverse("assignment-submit", args=[lent.pk]), typed)

    assert answer.status_code == 422
    assert "same as the original" in answer.content.decode()


@pytest.mark.parametrize(
    ("sent", "low", "high"), [("3", 3, 3), ("", 9, 11), ("nan", 9, 11), ("1e999", 9, 11), ("-5", 0, 0)]
)
def test_active_seconds_are_what_the_page_counted(client: Client, sent: str, low: float, high: float) -> None:
    lent = lent_to(client, claimed_at=timezone.now() - timedelta(seconds=10))

    client.post(
        reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k", "active_seconds": sent}
    )

    assert low <= Annotation.objects.get().active_seconds <= high


def test_a_skip_needs_a_reason_and_passes_the_item_on(client: Client) -> None:
    lent = lent_to(client)
    address = reverse("assignment-skip", args=[lent.pk])

    refused = client.post(address, {"skip_words": " ", "rationale": "kept", "client_key": "k"})
    client.post(address, {"skip_words": "a private letter", "client_key": "k"})

    assert refused.status_code == 422 and "kept" in refused.content.decode()
    assert Annotation.objects.get().skip_reason == "a private letter"
    lent.refresh_from_db()
    assert lent.state == Assignment.State.SKIPPED


def test_undo_brings_the_last_answer_back_as_it_was(client: Client) -> None:
    lent = lent_to(client, order=[1, 0])
    client.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "2", "rationale": "hasty", "client_key": "k"})

    html = client.post(reverse("queue-undo", args=[lent.queue_id]), headers=HTMX).content.decode()

    assert 'value="2" checked' in html and "hasty" in html
    lent.refresh_from_db()
    assert lent.state == Assignment.State.OPEN
    assert not Annotation.objects.answers().exists()


def test_nothing_to_undo_leaves_the_screen_alone(client: Client) -> None:
    lent = lent_to(client)

    answer = client.post(reverse("queue-undo", args=[lent.queue_id]), headers=HTMX)

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#notice"
    assert "no answer in this queue" in answer.content.decode()


def test_an_answer_is_changed_by_adding_to_its_history(client: Client) -> None:
    lent = lent_to(client)
    client.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k1"})

    page = client.get(reverse("assignment", args=[lent.pk]))
    client.post(reverse("assignment-change", args=[lent.pk]), {"choice": "2", "client_key": "k2"})

    assert 'value="1" checked' in page.content.decode()
    assert [row.answer["choice"] for row in Annotation.objects.order_by("pk")] == ["a", "b"]
    assert Annotation.objects.answers().get().answer["choice"] == "b"


def test_another_persons_answer_cannot_be_changed(client: Client) -> None:
    lent = lent_to(client)
    client.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k1"})
    client.force_login(person(lent.queue.project, "annotator", "manager"))

    assert client.post(reverse("assignment-change", args=[lent.pk]), {"choice": "2"}).status_code == 404
