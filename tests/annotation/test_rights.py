"""Walks every route: each refuses whom it must refuse, and serves whom it must serve (see rights_table.py)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotation.models import Scope, User
from tests.annotation import world as worlds
from tests.annotation.rights_table import MEMBERS, ROWS, Row
from tests.annotation.world import World

pytestmark = pytest.mark.django_db
OUTSIDERS = ("stranger", "manager elsewhere")


def each(rows: list[Row]) -> pytest.MarkDecorator:
    """One test for each row."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.method}-{row.name}")


FOR_MEMBERS = [row for row in ROWS if row.audience == "members"]


def routes(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every route of the product."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry)
        else:
            yield entry


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for all rows, as building it takes longer than asking; each test's own effects are undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = worlds.build()
        built.sessions = {who: session_of(user) for who, user in built.people.items()}
        yield built
        transaction.set_rollback(True)


def session_of(user: User) -> str:
    """The key of a session in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)


def address(world: World, name: str, place: dict[str, str]) -> str:
    [route] = [route for route in routes() if route.name == name]
    return reverse(name, kwargs={key: world.places[place.get(key, key)] for key in route.pattern.converters})


def ask(world: World, row: Row, *, who: str | None = None, secret: str | None = None) -> Any:
    """The answer to one request, whose effects are undone."""
    client, path = Client(), address(world, row.name, row.place)
    if who is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[who]
    headers = {"Idempotency-Key": "key"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    payload = row.payload(world) if callable(row.payload) else row.payload
    with transaction.atomic():
        if row.is_api:
            body = payload if isinstance(payload, bytes) else json.dumps(payload or {})
            answer = client.generic(row.method, path, body, content_type="application/json", headers=headers)
        else:
            send = client.get if row.method == "GET" else client.post
            answer = send(path, payload or {}, headers=headers)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def test_every_route_and_method_is_in_the_table(world):
    """An unheard-of method makes a route say which ones it takes."""
    told = {}
    for route in routes():
        client = Client()
        if route.name != "login":  # it sends people away who are signed in
            client.force_login(world.people["manager"])
        answer = client.generic("BREW", address(world, route.name, {}))
        allowed = set(answer.headers.get("Allow", "GET").split(", ")) - {"HEAD", "OPTIONS"}
        assert answer.status_code in (404, 405), f"{route.name} takes any method; say which"
        told[route.name] = allowed

    told["login"].discard("PUT")  # Django's form views take it as a POST
    assert told == {row.name: {other.method for other in ROWS if other.name == row.name} for row in ROWS}


@each(ROWS)
def test_nobody_comes_in_unknown(world, row):
    answer = ask(world, row)

    if row.audience == "open":
        assert answer.status_code == row.ok
    elif row.is_api:
        assert answer.status_code == 401
        assert answer.json()["type"]
    else:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


@each(FOR_MEMBERS)
def test_people_from_outside_find_nothing(world, row):
    row.given(world)

    answers = {who: ask(world, row, who=who).status_code for who in OUTSIDERS}

    assert answers == dict.fromkeys(OUTSIDERS, 404)


@each([row for row in ROWS if row.audience != "open"])
def test_members_may_what_their_role_allows_and_nothing_else(world, row):
    row.given(world)

    answers = {role: ask(world, row, who=role) for role in MEMBERS}

    allowed = row.roles if row.audience == "members" else MEMBERS
    expected = {role: row.ok if role in allowed else row.wrong for role in MEMBERS}
    assert {role: answer.status_code for role, answer in answers.items()} == expected
    assert not any(answer.get("Location", "").startswith("/login/") for answer in answers.values())


@each([row for row in FOR_MEMBERS if row.is_api])
def test_tokens_may_what_their_scope_says_in_their_own_project_and_never_more_than_their_owner(world, row):
    row.given(world)
    role, others = row.roles[0], [scope for scope in Scope.values if scope != row.scope]
    weak = next((role for role in MEMBERS if role not in row.roles), None)

    right = ask(world, row, secret=world.token(role, scopes=[row.scope], project=world.project))
    unscoped = ask(world, row, secret=world.token(role, scopes=others, project=world.project))
    elsewhere = ask(world, row, secret=world.token(role, scopes=list(Scope.values), project=world.elsewhere))

    assert right.status_code == row.ok
    assert (unscoped.status_code, unscoped.json()["type"]) == (403, "missing-scope")
    assert elsewhere.status_code == 404
    if weak is not None:
        powerless = ask(world, row, secret=world.token(weak, scopes=list(Scope.values), project=world.project))
        assert (powerless.status_code, powerless.json()["type"]) == (403, "forbidden")
