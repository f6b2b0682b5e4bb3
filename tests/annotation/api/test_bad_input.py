"""Whatever is sent, the answer is a refusal with a sentence: never a 500."""

import json

import pytest
from django.urls import URLPattern, get_resolver, reverse

from annotation.api.urls import urlpatterns
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    ItemFactory,
    PolicyFactory,
    QueueFactory,
    ReleaseFactory,
    RunFactory,
    TokenFactory,
    TraceFactory,
)

HUGE = "9" * 400
DEEP = b'{"answer":' + b"[" * 5000 + b"]" * 5000 + b"}"
BODIES = {
    "empty": b"",
    "no JSON": b"{nonsense",
    "cut short": b'{"answer": {"choice": "1"',
    "a number": b"17",
    "null": b"null",
    "a list": b"[[[]]]",
    "invalid UTF-8": b'{"reason": "\xff\xfe"}',
    "UTF-16": '{"reason": "x"}'.encode("utf-16"),
    "NUL bytes": b"\x00\x00",
    "NUL in every text": rb'{"reason": "a\u0000b", "name": "\u0000", "answer": {"choice": "\u0000"}, "filters": {"since": "\u0000"}}',
    "NUL in a key": rb'{"answer": {"\u0000": 1}, "settings": {"\u0000": 1}, "config": {"\u0000": 1}}',
    "half a surrogate": rb'{"reason": "\ud800", "name": "\udfff", "answer": {"rationale": "\ud800"}}',
    "NaN": b'{"active_seconds": NaN, "answer": {"x": NaN}, "gold_share": NaN, "seed": Infinity}',
    "a huge number": f'{{"release": {HUGE}, "seed": {HUGE}, "overlap": {HUGE}, "active_seconds": {HUGE}}}'.encode(),
    "a number of 5,000 digits": b'{"seed": ' + b"1" * 5000 + b"}",
    "a float beyond floats": b'{"active_seconds": 1e999, "gold_share": -1e999}',
    "wrong types": b'{"answer": 1, "reason": {}, "name": [], "release": {}, "filters": 1, "config": 1, "settings": 1}',
    "true everywhere": b'{"answer": true, "reason": true, "name": true, "release": true, "filters": true, "seed": true}',
    "nested too deep": DEEP,
    "unknown fields": b'{"answer": {}, "colour": "red", "__proto__": {}, "id": 1, "project": 1}',
}
TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
         "multipart/form-data", "application/json; charset=utf-16", "application/json; charset=bz2_codec", "x" * 300, ""]  # fmt: skip
QUERIES = ["?after=-1", "?after=x", f"?after={HUGE}", "?limit=0", "?limit=10000000", "?after=%00", "?task=%00&judge=%00",
           "?state=%FF", "?format=xml", "?after=1&after=2", "?%00=%00", "?judge=" + "j" * 5000, "?state[]=1"]  # fmt: skip


def api_routes() -> list[URLPattern]:
    """Every address of the API but the probes."""
    return [route for route in urlpatterns if str(route.pattern).startswith("v1/")]


@pytest.fixture
def places(project):
    """What each kind of address needs to name something real; all belongs to one person who may do everything."""
    token = TokenFactory(project=project, secret="fw_everything")
    queue = QueueFactory(project=project)
    lent = AssignmentFactory(item=ItemFactory(queue=queue), annotator=token.user)
    answered = AssignmentFactory(item=ItemFactory(queue=queue), annotator=token.user, state="done")
    return {
        "slug": project.slug,
        "trace_id": TraceFactory(project=project).pk,
        "queue_id": queue.pk,
        "assignment_id": lent.pk,
        "annotation_id": AnnotationFactory(assignment=answered).pk,
        "release_id": ReleaseFactory(project=project).pk,
        "run_id": RunFactory(project=project).pk,
        "policy_id": PolicyFactory(project=project).pk,
        "item_id": ItemFactory(queue=queue).pk,
        "kind": "bias",
        "name": "manifest.json",
    }


def methods_of(route: URLPattern) -> list[str]:
    return [name.upper() for name in ("get", "post", "put") if hasattr(route.callback.view_class, name)]


def address(route: URLPattern, places: dict[str, object]) -> str:
    return reverse(route.name, kwargs={name: places[name] for name in route.pattern.converters})


def assert_refused(answer, *, of: str) -> None:
    """2xx is fine too: some bodies are ignored, or are right for one address."""
    assert answer.status_code < 500, f"{of}: {answer.status_code}"
    if answer.status_code >= 400:
        told = json.loads(answer.content)
        assert set(told) >= {"type", "detail", "errors"}, of
        assert told["detail"], of


@pytest.mark.parametrize("route", api_routes(), ids=lambda route: route.name)
def test_no_body_breaks_an_address(client, places, route):
    headers = {"Authorization": "Bearer fw_everything", "Idempotency-Key": "key"}
    for method in methods_of(route):
        if method == "GET":
            continue
        for what, body in BODIES.items():
            for content_type in ("application/json", "application/x-ndjson"):
                answer = client.generic(
                    method, address(route, places), body, content_type=content_type, headers=headers
                )
                assert_refused(answer, of=f"{method} {route.name} with {what} as {content_type}")


@pytest.mark.parametrize("content_type", TYPES, ids=lambda text: text[:30])
def test_no_content_type_breaks_an_address(client, places, content_type):
    headers = {"Authorization": "Bearer fw_everything", "Idempotency-Key": "key"}
    for route in api_routes():
        for method in methods_of(route):
            answer = client.generic(
                method, address(route, places), b'{"a": 1}', content_type=content_type, headers=headers
            )
            assert_refused(answer, of=f"{method} {route.name} with {content_type[:40]}")


@pytest.mark.parametrize("query", QUERIES, ids=lambda text: text[:30])
def test_no_query_breaks_an_address(client, places, query):
    headers = {"Authorization": "Bearer fw_everything", "Idempotency-Key": "key"}
    for route in api_routes():
        for method in methods_of(route):
            answer = client.generic(
                method, address(route, places) + query, b"", content_type="application/json", headers=headers
            )
            assert_refused(answer, of=f"{method} {route.name} with {query[:40]}")


@pytest.mark.parametrize("unknown", ["0", "999999999", "9" * 18, "9" * 19, HUGE, "9" * 5000])
def test_ids_that_name_nothing_are_answered_404(client, places, unknown):
    headers = {"Authorization": "Bearer fw_everything", "Idempotency-Key": "key"}
    wrong = {name: unknown if name.endswith("_id") else value for name, value in places.items()}
    for route in api_routes():
        ids = [name for name in route.pattern.converters if name.endswith("_id")]
        if not ids:
            continue
        path = address(route, {**places, **{name: 7777777 for name in ids}}).replace("7777777", str(wrong[ids[0]]))
        for method in methods_of(route):
            answer = client.generic(method, path, b"{}", content_type="application/json", headers=headers)
            assert answer.status_code == 404, f"{method} {route.name}"
            assert answer.json()["type"] == "not-found"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "Bearer \xff\xfe", "Bearer unknown", "Bearer " + "x" * 10_000, "Basic YTpi", "\x00",
     "Token fw_everything", "Bearer fw_everything\x00"],
)  # fmt: skip
def test_a_token_that_is_none_is_answered_401(client, places, header):
    answer = client.get(f"/api/v1/projects/{places['slug']}/traces", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["detail"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_answered_405(client, places, method):
    headers = {"Authorization": "Bearer fw_everything"}

    answer = client.generic(method, f"/api/v1/projects/{places['slug']}/champion", headers=headers)

    assert answer.status_code in ({"OPTIONS": (200,)}.get(method, (405,)))


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/api/v2/projects", "/api/v1/projects/x/traces/"])
def test_addresses_that_do_not_exist_are_answered_in_json(client, places, path):
    answer = client.get(path, headers={"Authorization": "Bearer fw_everything"})

    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


def test_a_body_over_the_limit_is_refused(client, places, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"answer": {"rationale": "x" * 2000}}).encode()
    path = f"/api/v1/assignments/{places['assignment_id']}/draft"

    answer = client.put(path, body, content_type="application/json", headers={"Authorization": "Bearer fw_everything"})

    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")


def test_every_address_is_known_to_the_resolver():
    assert {route.name for route in api_routes()} <= set(get_resolver().reverse_dict)
