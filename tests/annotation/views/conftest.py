"""One project, and a browser of somebody with the roles a test names."""

from collections.abc import Callable

import pytest
from django.test import Client

from annotation.models import Project
from tests import factories

SignedIn = Callable[..., Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project() -> Project:
    return factories.ProjectFactory(slug="desk")


@pytest.fixture
def signed_in(project: Project) -> SignedIn:
    """A client of a new member: signed_in("manager", "engineer", username="mia")."""

    def client_of(*roles: str, **fields: str) -> Client:
        client = Client()
        client.force_login(factories.person(project, *roles, **fields))
        return client

    return client_of
