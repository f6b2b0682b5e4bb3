"""Flags: an annotator says what is wrong with an item, the manager reads it and closes it."""

import pytest
from django.urls import reverse

from annotation.models import Draft, Event, Flag
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def lent(project):
    """An item on ada's desk."""
    ada = factories.person(project, "annotator", username="ada")
    return factories.AssignmentFactory(item__queue__project=project, annotator=ada)


def test_a_flag_is_raised_once_and_other_words_replace_it(lent, client):
    client.force_login(lent.annotator)
    page = reverse("assignment-flag", args=[lent.pk])

    answers = [
        client.post(page, {"note": note}, headers=HTMX) for note in ("No answer", "No answer", "A <b> is missing")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "A &lt;b&gt; is missing" in answers[-1].content.decode()
    assert Flag.objects.get().note == "A <b> is missing"
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == ["flag.raised", "flag.changed"]


def test_flagging_without_scripts_keeps_what_was_typed(lent, client):
    client.force_login(lent.annotator)

    answer = client.post(reverse("assignment-flag", args=[lent.pk]), {"note": "Cut off", "rationale": "half a thought"})

    assert answer.url == reverse("assignment", args=[lent.pk])
    assert Draft.objects.get(assignment=lent).answer["rationale"] == "half a thought"


@pytest.mark.parametrize("note", ["", "  ", "x" * 501, "a\x00b"])
def test_a_flag_needs_a_short_note(lent, client, note):
    client.force_login(lent.annotator)

    answer = client.post(reverse("assignment-flag", args=[lent.pk]), {"note": note}, headers=HTMX)

    assert answer.status_code == 422 and "at most 500 characters" in answer.content.decode()
    assert not Flag.objects.exists()


def test_a_manager_reads_open_flags_on_the_item_and_closes_them_once(lent, project, signed_in):
    flag = factories.FlagFactory(item=lent.item, author=lent.annotator, note="The <tool> failed")
    manager, page = signed_in("manager"), reverse("item", args=[lent.item_id])

    shown = manager.get(page).content.decode()
    for _ in range(2):
        manager.post(reverse("flag-close", args=[flag.pk]))
    flag.refresh_from_db()

    assert "The &lt;tool&gt; failed" in shown and "ada" in shown
    assert flag.closed_by is not None and "Open flags" not in manager.get(page).content.decode()
    assert Event.objects.filter(verb="flag.closed", subject=flag.pk).count() == 1


def test_after_closing_the_same_person_may_flag_again(lent, client):
    factories.FlagFactory(item=lent.item, author=lent.annotator, closed_at=lent.claimed_at)
    client.force_login(lent.annotator)

    client.post(reverse("assignment-flag", args=[lent.pk]), {"note": "Again"}, headers=HTMX)

    assert Flag.objects.filter(closed_at__isnull=True).get().note == "Again"


def test_somebody_elses_item_cannot_be_flagged(lent, signed_in):
    answer = signed_in("annotator").post(reverse("assignment-flag", args=[lent.pk]), {"note": "Mine?"})

    assert answer.status_code == 404 and not Flag.objects.exists()
