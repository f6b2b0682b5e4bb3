"""People in a browser: who is asked for a second look, why, and a doubt withdrawn, without scripts too."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.annotation.views.test_person import reported
from tests.journeys.conftest import OpenPage, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("dark", "width", "scripts"), [(False, 1280, True), (True, 360, False)])
def test_a_manager_reads_why_and_withdraws_the_doubt(
    open_page: OpenPage, dark: bool, width: int, scripts: bool
) -> None:
    project = factories.ProjectFactory(slug="desk")
    mia = factories.person(project, "manager", username="mia")
    people = reported(project)
    factories.DoubtFactory(project=project, annotator=people["eve"])

    page = open_page(mia, "/p/desk/people/", dark=dark, width=width, scripts=scripts)
    found = violations(page) if scripts else []
    page.get_by_role("link", name="eve").first.click()
    found += violations(page) if scripts else []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.get_by_label("What did you find?").fill("The guidelines were unclear.")
    page.get_by_role("button", name="Withdraw the doubt").click()

    expect(page.get_by_text("The doubt is withdrawn")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw the doubt")).to_have_count(0)
    page.get_by_text("Doubts of before").click()
    expect(page.get_by_text("The guidelines were unclear.")).to_be_visible()
    assert (found, overflow) == ([], 0)
