"""Keyset pages: every row once on the way down, and the same way up again."""

import pytest
from django.test import RequestFactory

from annotation.models import User
from annotation.views.pages import page
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def walk(query: str, direction: str) -> list[list[int]]:
    """The pages from `query` on, following one kind of link."""
    found = []
    while True:
        shown = page(RequestFactory().get(f"/{query}"), User.objects.all(), size=3)
        found.append([user.pk for user in shown.rows])
        query = getattr(shown, direction)
        if not query:
            return found


def test_all_rows_come_once_newest_first_and_back_again():
    newest_first = [user.pk for user in UserFactory.create_batch(8)][::-1]

    down = walk("", "older")
    up = walk(f"?before={newest_first[5]}", "newer")

    assert [pk for pks in down for pk in pks] == newest_first
    assert up == [newest_first[6:], newest_first[3:6], newest_first[:3]]


@pytest.mark.parametrize("query", ["?before=x", "?before=-1", "?after=", f"?before={'9' * 40}"])
def test_a_broken_place_is_the_first_page(query):
    UserFactory()

    assert len(page(RequestFactory().get(f"/{query}"), User.objects.all()).rows) == 1


def test_links_keep_the_filters():
    UserFactory.create_batch(2)

    shown = page(RequestFactory().get("/?state=ready&before=99999999"), User.objects.all(), size=1)

    assert shown.older.startswith("?state=ready&before=") and shown.newer.startswith("?state=ready&after=")
