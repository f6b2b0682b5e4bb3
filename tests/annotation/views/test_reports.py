"""The bias page: figures with interval and n, names for managers only, and what could not be computed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions import report_building
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def computed(project):
    """A real report of two people and a judge on twelve items."""
    queue = factories.QueueFactory(project=project, overlap=2)
    ann, ben = (factories.person(project, "annotator", username=name) for name in ("ann-x", "ben-x"))
    judge = factories.JudgeFactory(project=project, name="glib")
    for number, item in enumerate(factories.ItemFactory.create_batch(12, queue=queue)):
        for person, choice in ((ann, "a"), (ben, "ab"[number % 2])):
            factories.AnnotationFactory(
                assignment__item=item, assignment__annotator=person, assignment__state="done", choice=choice
            )
        for first in (0, 1):
            factories.VerdictFactory(item=item, judge=judge, first=first, label="ab"[first])
    report_building.build(project=project, kind="bias", now=timezone.now())
    return {"people": (ann, ben), "item": item}


def test_managers_see_names_and_intervals_and_the_way_to_agreement(computed, signed_in):
    html = signed_in("manager").get(reverse("bias", args=["desk"])).content.decode()

    assert "ann-x" in html and "ben-x" in html
    assert "<title>Shift of the win share" in html and "</desc>" in html and "n=12" in html
    assert reverse("agreement", args=["desk"]) in html


@pytest.mark.parametrize("role", ["engineer", "reviewer"])
def test_others_see_no_annotators_name(computed, signed_in, role):
    html = signed_in(role).get(reverse("bias", args=["desk"])).content.decode()

    assert "ann-x" not in html and "ben-x" not in html
    assert f"annotator-{computed['people'][0].pk}" in html and "glib" in html


def test_the_judge_that_always_takes_the_first_is_called_biased(computed, signed_in):
    page = signed_in("manager").get(reverse("bias", args=["desk"]))

    [judge] = page.context["judges"]
    assert judge["position"]["label"] == "biased" and judge["position"]["swap_consistency"]["value"] == 0


def test_what_could_not_be_computed_is_said(project, signed_in):
    report_building.build(project=project, kind="bias", now=timezone.now())

    html = signed_in("manager").get(reverse("bias", args=["desk"])).content.decode()

    assert "What could not be computed" in html and "There are no votes of humans." in html


def test_computing_is_asked_for_once_and_the_page_follows(project, signed_in):
    client, page = signed_in("manager"), reverse("bias", args=["desk"])

    client.post(reverse("report-compute", args=["desk", "bias"]))
    second = client.post(reverse("report-compute", args=["desk", "bias"]), follow=True).content.decode()
    shown = client.get(page)
    waiting = client.get(f"{page}?seen={shown.context['seen']}", headers=HTMX)

    assert "on its way already" in second and "every 3s" in shown.content.decode()
    assert waiting.status_code == 204


def test_a_judge_is_as_right_on_known_answers_here_as_on_its_own_page(computed, project, signed_in):
    gate = {"sentence": "accepted: right on 12 of 12.", "accuracy": {"value": 1.0, "low": 0.74, "high": 1.0, "n": 12}}
    project.judges.update(gate=gate)
    client = signed_in("manager")

    page = client.get(reverse("bias", args=["desk"]))
    own = client.get(reverse("judges", args=["desk"])).content.decode()

    assert page.context["judges"][0]["gold"] == gate["accuracy"]
    assert "cancels out" in page.content.decode() and "cancels out" in own
