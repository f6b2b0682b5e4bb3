"""Guidelines: written in versions, shown before they are published, never as raw HTML."""

import pytest
from django.urls import reverse

from annotation.models import Guideline
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db
TEXT = "# New\n\nBe **right**. <img src=x onerror=alert(1)> [here](javascript:alert(1))"


def test_a_preview_is_sanitised_and_keeps_nothing(project, signed_in):
    client, page = signed_in("manager"), reverse("guideline-new", args=["desk"])

    whole = client.post(page, {"text": TEXT, "preview": "1"}).content.decode()
    part = client.post(page, {"text": TEXT, "preview": "1"}, headers=HTMX).content.decode()

    assert "<strong>right</strong>" in part and part.lstrip().startswith('<section id="preview"')
    assert "<img src" not in whole and 'href="javascript' not in whole
    assert not Guideline.objects.exists()


def test_publishing_adds_a_version_and_keeps_the_earlier_one_readable(project, signed_in):
    factories.GuidelineFactory(project=project, version=1, text="The first words.")
    client = signed_in("manager")

    client.post(reverse("guideline-new", args=["desk"]), {"text": TEXT})
    newest = client.get(reverse("guidelines", args=["desk"])).content.decode()
    earlier = client.get(reverse("guidelines", args=["desk"]), {"version": "1"}).content.decode()

    assert "Version 2" in newest and "<strong>right</strong>" in newest
    assert "The first words." in earlier


def test_empty_guidelines_are_refused(project, signed_in):
    response = signed_in("manager").post(reverse("guideline-new", args=["desk"]), {"text": "  "})

    assert response.status_code == 422
    assert not Guideline.objects.exists()


def test_the_drawer_lists_the_versions_and_turns_to_each(project, signed_in):
    for version, text in ((1, "The first words."), (2, "The newest words.")):
        factories.GuidelineFactory(project=project, version=version, text=text)
    client, page = signed_in("annotator"), reverse("guidelines", args=["desk"])

    newest = client.get(page, headers=HTMX).content.decode()
    earlier = client.get(f"{page}?version=1", headers=HTMX).content.decode()

    assert "The newest words." in newest and f'hx-get="{page}?version=1"' in newest
    assert "The first words." in earlier and f'hx-get="{page}?version=2"' in earlier
    assert "hx-get" not in client.get(page).content.decode().split('aria-label="Versions"')[1].split("</nav>")[0]
