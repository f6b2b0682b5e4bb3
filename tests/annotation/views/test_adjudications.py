"""The reviewer's pages: blind at first look, everybody's answers afterwards."""

import pytest
from django.urls import reverse

from annotation.models import Annotation, Assignment, Round
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(project):
    """An item about which ada and ben disagree."""
    item = factories.ItemFactory(queue__project=project, queue__overlap=2)
    for place, (name, choice) in enumerate((("ada", "a"), ("ben", "b"))):
        lent = factories.AssignmentFactory(
            item=item, annotator=factories.person(project, "annotator", username=name), state="done", place=place
        )
        answer = {"choice": choice, "rationale": f"{name} says <so>", "correction": None}
        factories.AnnotationFactory(assignment=lent, answer=answer)
    return item


def test_home_and_the_list_say_what_waits_but_not_what_was_said(item, project, signed_in):
    reviewer = signed_in("reviewer")

    home, listed = (reviewer.get(url).content.decode() for url in (reverse("home"), reverse("review", args=["desk"])))

    assert "Waiting for your review:" in home and reverse("review", args=["desk"]) in home
    assert item.task in listed and "ada" not in listed and "says" not in listed


def test_the_first_look_is_blind_and_the_second_shows_everybody(item, signed_in):
    reviewer = signed_in("reviewer", username="rosa")

    taken = reviewer.post(reverse("review", args=["desk"]))
    lent = Assignment.objects.get(round=Round.ADJUDICATION)
    early = reviewer.get(reverse("adjudication", args=[lent.pk]))
    screen = reviewer.get(taken.url).content.decode()
    sent = reviewer.post(
        reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "rationale": "B erred", "client_key": "k"}
    )
    page = reviewer.get(sent.url).content.decode()

    assert taken.url == early.url == reverse("assignment", args=[lent.pk])
    assert "People disagreed" in screen and "says" not in screen and 'form="undo"' not in screen
    assert sent.url == reverse("adjudication", args=[lent.pk])
    for told in ("ada says &lt;so&gt;", "ben says &lt;so&gt;", "B erred", "Person 1", "A is better", "B is better"):
        assert told in page
    assert ">ada<" not in page and ">ben<" not in page


def test_managers_who_review_read_the_names(item, signed_in):
    both = signed_in("reviewer", "manager")
    both.post(reverse("review", args=["desk"]))
    lent = Assignment.objects.get(round=Round.ADJUDICATION)
    both.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k"})

    page = both.get(reverse("adjudication", args=[lent.pk])).content.decode()

    assert ">ada<" in page and ">ben<" in page


def test_a_submit_by_script_is_sent_on_to_the_decision_and_a_skip_to_the_list(item, signed_in):
    reviewer = signed_in("reviewer")
    reviewer.post(reverse("review", args=["desk"]))
    lent = Assignment.objects.get(round=Round.ADJUDICATION)

    sent = reviewer.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k"}, headers=HTMX)
    Assignment.objects.filter(pk=lent.pk).update(state="open")
    skipped = reviewer.post(
        reverse("assignment-skip", args=[lent.pk]), {"skip_reason": "mine", "client_key": "s"}, headers=HTMX
    )

    assert sent["HX-Redirect"] == reverse("adjudication", args=[lent.pk])
    assert skipped["HX-Redirect"] == reverse("review", args=["desk"])


def test_the_decision_is_changed_then_explained_and_the_next_item_follows(item, project, signed_in):
    reviewer = signed_in("reviewer")
    reviewer.post(reverse("review", args=["desk"]), {"item": item.pk})
    lent = Assignment.objects.get(round=Round.ADJUDICATION)
    reviewer.post(reverse("assignment-submit", args=[lent.pk]), {"choice": "1", "client_key": "k"})

    screen = reviewer.get(reverse("assignment", args=[lent.pk])).content.decode()
    changed = reviewer.post(reverse("assignment-change", args=[lent.pk]), {"choice": "tie", "client_key": "c"})
    explained = reviewer.post(changed.url, {"reason": "ambiguous"})
    standing = Annotation.objects.answers().get(assignment=lent)

    assert reverse("assignment-change", args=[lent.pk]) in screen
    assert changed.url == reverse("adjudication", args=[lent.pk])
    assert explained.url == reverse("review", args=["desk"])  # nothing else is disputed
    assert (standing.answer["choice"], standing.answer["reason"]) == ("tie", "ambiguous")


def test_an_item_of_another_project_cannot_be_taken(item, signed_in):
    other = factories.ItemFactory()

    answer = signed_in("reviewer").post(reverse("review", args=["desk"]), {"item": other.pk})

    assert answer.status_code == 404 and not Assignment.objects.filter(item=other).exists()


def test_an_ordinary_assignment_is_no_adjudication(item, client):
    lent = item.assignments.first()
    client.force_login(lent.annotator)

    assert client.get(reverse("adjudication", args=[lent.pk])).status_code == 404
