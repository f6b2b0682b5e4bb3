"""The overview: everybody sees their part of the project, and no more."""

import pytest
from django.urls import reverse

from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(project):
    """A queue, a release being built, and a champion."""
    factories.ItemFactory(queue__project=project, queue__name="Refunds")
    factories.ReleaseFactory(project=project, number=3, state="building")
    factories.DeploymentFactory(project=project, policy__name="champ", policy__version="2")


def test_annotators_see_their_queues_alone(busy, signed_in):
    html = signed_in("annotator").get(reverse("project", args=["desk"])).content.decode()

    assert "Refunds" in html and "Start" in html
    assert "champ@2" not in html and "Release 3" not in html


def test_engineers_see_traces_release_run_and_champion(busy, signed_in):
    html = signed_in("engineer").get(reverse("project", args=["desk"])).content.decode()

    assert "champ@2" in html and "Release 3" in html and "quarantined" in html


def test_the_overview_follows_while_something_is_made(busy, project, signed_in):
    client, page = signed_in("engineer"), reverse("project", args=["desk"])

    shown = client.get(page)
    same = client.get(f"{page}?seen={shown.context['seen']}", headers=HTMX)
    project.releases.update(state="ready")
    ready = client.get(f"{page}?seen={shown.context['seen']}", headers=HTMX)

    assert "every 15s" in shown.content.decode() and same.status_code == 204
    assert ready.status_code == 200 and "every 15s" not in ready.content.decode()
