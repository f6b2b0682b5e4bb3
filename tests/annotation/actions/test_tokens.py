"""API tokens: made once, shown once, stored hashed."""

from datetime import UTC, datetime, timedelta

import pytest

from annotation.actions import tokens
from annotation.errors import Invalid
from annotation.models import Event, Token
from tests.factories import ProjectFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def create(**fields):
    project = ProjectFactory()
    given = {"name": "importer", "scopes": ["traces:write"], **fields}
    return tokens.create(project=project, user=person(project, "engineer"), now=NOW, **given)


def test_the_secret_is_nowhere_in_the_database():
    token, secret = create()

    stored = Token.objects.filter(pk=token.pk).values().get()
    logged = Event.objects.values().get()
    assert len(secret) >= 43
    assert secret not in str(stored) and secret not in str(logged)
    assert secret.startswith(stored["prefix"])
    assert list(Token.objects.valid(secret, now=NOW)) == [token]


def test_another_secret_opens_nothing():
    create()

    assert not Token.objects.valid("fw_guess", now=NOW).exists()


def test_a_token_ends_when_its_time_is_over():
    token, secret = create(expires_at=NOW + timedelta(days=1))

    before, after = NOW + timedelta(hours=23), NOW + timedelta(days=1)
    assert list(Token.objects.valid(secret, now=before)) == [token]
    assert list(Token.objects.valid(secret, now=after)) == []


def test_a_token_is_revoked_once():
    token, secret = create()
    for later in (NOW, NOW + timedelta(hours=1)):
        tokens.revoke(token=token, actor=token.user, now=later)

    assert not Token.objects.valid(secret, now=NOW).exists()
    assert Token.objects.get().revoked_at == NOW
    assert Event.objects.filter(verb="token.revoked").count() == 1


@pytest.mark.parametrize("fields", [{"scopes": []}, {"scopes": ["everything"]}, {"name": "  "}])
def test_a_token_without_name_or_known_scope_is_refused(fields):
    with pytest.raises(Invalid):
        create(**fields)

    assert not Token.objects.exists()
