"""Tokens: the secret is on one page once, and each belongs to the one who made it."""

import pytest
from django.urls import reverse

from annotation.models import Token
from annotation.models.tokens import digest
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_secret_is_shown_once(project, signed_in):
    client, page = signed_in("engineer"), reverse("tokens", args=["desk"])

    made = client.post(page, {"name": "agent", "scopes": ["traces:write"], "days": "30"})
    later = client.get(page).content.decode()

    token = Token.objects.get()
    secret = made.context["secret"]
    assert token.digest == digest(secret) and token.expires_at is not None
    assert secret in made.content.decode() and "no-store" in made["Cache-Control"]
    assert secret not in later and token.prefix in later


def test_a_token_without_scopes_is_refused(project, signed_in):
    response = signed_in("engineer").post(reverse("tokens", args=["desk"]), {"name": "agent"})

    assert response.status_code == 422 and not Token.objects.exists()


def test_a_token_is_revoked_by_its_owner_alone(project, signed_in):
    owner = factories.person(project, "engineer")
    token = factories.TokenFactory(project=project, user=owner)
    other = signed_in("engineer").post(reverse("token-revoke", args=[token.pk]))

    mine = signed_in("engineer", username="me")
    own = factories.TokenFactory(project=project, user=project.members.get(user__username="me").user)
    mine.post(reverse("token-revoke", args=[own.pk]))

    token.refresh_from_db()
    own.refresh_from_db()
    assert other.status_code == 404 and token.revoked_at is None
    assert own.revoked_at is not None
