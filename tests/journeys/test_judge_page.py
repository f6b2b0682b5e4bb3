"""A judge's page with everything on it, and one with nothing: accessible and whole in both themes, wide and narrow."""

import pytest
from django.urls import reverse

from tests import factories
from tests.annotation import judged_world
from tests.journeys.conftest import OpenPage
from tests.journeys.test_every_page import complaints

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 360)], ids=["light-wide", "dark-narrow"])
def test_a_judges_page_is_accessible_and_whole(open_page: OpenPage, dark: bool, width: int) -> None:
    project = factories.ProjectFactory()
    mia, ann = factories.person(project, "manager"), factories.person(project, "annotator")
    told, shy = (factories.JudgeFactory(project=project, name=name) for name in ("desk-judge", "shy"))
    factories.ReportFactory(
        project=project,
        numbers=judged_world.numbers(ann.pk),
        parameters={"votes": 2880, "items": 360, "texts_hash": "0"},
    )

    page = open_page(mia, reverse("judge", args=[told.pk]), dark=dark, width=width)

    assert complaints(page, []) == []
    assert page.locator("svg.square circle").count() > 3
    page.goto(reverse("judge", args=[shy.pk]))
    assert complaints(page, []) == []
