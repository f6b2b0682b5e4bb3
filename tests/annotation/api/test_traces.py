"""Traces over HTTP: streamed in, listed, read."""

import gzip
import io
import json
from itertools import chain, repeat

import pytest
from django.test import Client

from annotation.models import Trace, TraceRaw
from tests.factories import PolicyFactory, TraceFactory
from tests.real_data import real_data

NDJSON = "application/x-ndjson"


def line(key: str, **fields: object) -> dict[str, object]:
    """A trace as a program sends it."""
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": f"Hi, {key}"}]
    return {"id": key, "task": "greeting", "policy": "desk@1", "messages": said, **fields}


def lines(*records: object) -> bytes:
    return b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in records)


def post(client, body: bytes, query: str = "", content_type: str = NDJSON, **headers: str):
    path = f"/api/v1/projects/{client.project.slug}/traces{query}"
    return client.generic("POST", path, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body, content_type",
    [
        (lines(line("a"), line("b")), NDJSON),
        (json.dumps([line("a"), line("b")]).encode(), "application/json"),
        (json.dumps([line("a"), line("b")], indent=1).encode(), "application/json; charset=utf-8"),
    ],
)
def test_traces_come_in_as_lines_or_as_an_array(engineer, body, content_type):
    answer = post(engineer, body, content_type=content_type)

    assert answer.status_code == 200
    assert answer.json() == {"created": 2, "duplicate": 0, "refused": 0, "rejected": []}
    assert set(Trace.objects.values_list("key", "state")) == {("a", "received"), ("b", "received")}
    assert TraceRaw.objects.count() == 2


def test_sending_the_same_again_is_harmless_and_other_content_is_refused_per_line(engineer):
    post(engineer, lines(line("a"), line("b")))

    again = post(engineer, lines(line("a"), line("b", task="another"), line("c")))

    assert again.status_code == 200
    found = again.json()
    assert (found["created"], found["duplicate"], found["refused"]) == (1, 1, 1)
    assert [(r["line"], r["status"]) for r in found["rejected"]] == [(2, 409)]
    assert Trace.objects.get(key="b").task == "greeting"


def test_bad_lines_are_named_and_good_ones_kept(engineer):
    body = lines(
        line("a"), b"{not json}\n", b'{"id": "\xff"}\n', {"id": "x"}, line("n", task="nu\x00ll"), 17, line("z")
    )

    answer = post(engineer, body)

    assert answer.status_code == 200
    found = answer.json()
    assert found["created"] == 2
    assert [r["line"] for r in found["rejected"]] == [2, 3, 4, 5, 6]
    assert all(r["status"] == 422 and r["reason"].endswith(".") for r in found["rejected"])


@pytest.mark.parametrize(
    "field, value", [("task", "t" * 400), ("policy", "p" * 150 + "@1"), ("policy", "p@" + "1" * 100)]
)
def test_names_that_are_too_long_are_refused_per_line(engineer, field, value):
    answer = post(engineer, lines(line("a"), line("long", **{field: value})))

    assert answer.status_code == 200
    assert (answer.json()["created"], answer.json()["refused"]) == (1, 1)


def test_a_body_of_which_nothing_can_be_kept_is_refused_with_the_reasons(engineer):
    answer = post(engineer, b"nonsense\n")

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "invalid"
    assert answer.json()["rejected"][0]["line"] == 1


def test_an_empty_body_is_no_mistake(engineer):
    assert post(engineer, b"\n").json() == {"created": 0, "duplicate": 0, "refused": 0, "rejected": []}


def test_gzip_is_unpacked_on_the_way(engineer):
    answer = post(engineer, gzip.compress(lines(line("a"))), **{"Content-Encoding": "gzip"})

    assert answer.json()["created"] == 1


def test_a_damaged_gzip_stream_keeps_what_came_before(engineer):
    packed = gzip.compress(lines(*[line(f"a{n}") for n in range(5000)]))

    answer = post(engineer, packed[: len(packed) // 2], **{"Content-Encoding": "gzip"})

    assert answer.status_code == 200
    assert answer.json()["created"] > 0
    assert answer.json()["refused"] == 1


@pytest.mark.parametrize(
    "content_type, headers", [("text/csv", {}), ("", {}), ("application/x-www-form-urlencoded", {}),
                              ("multipart/form-data; boundary=x", {}), (NDJSON, {"Content-Encoding": "br"})]
)  # fmt: skip
def test_other_types_are_answered_415(engineer, content_type, headers):
    answer = post(engineer, b"x=1", content_type=content_type, **headers)

    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["detail"] or "gzip" in answer.json()["detail"]


def test_an_announced_length_over_the_limit_is_refused_unread(engineer, settings):
    settings.INGEST_BODY_LIMIT = 1000

    answer = post(engineer, lines(*[line(str(n)) for n in range(50)]))

    assert answer.status_code == 413
    assert not Trace.objects.exists()


class Endless(io.RawIOBase):
    """A chunked body that never ends, and counts how much of it was read."""

    def __init__(self, first: bytes) -> None:
        self.source, self.taken = chain([first], repeat(b" " * 65536)), 0

    def read(self, size: int = -1) -> bytes:
        found = next(self.source)
        self.taken += len(found)
        return found


def chunked(client, stream):
    """A request without Content-Length, as a server passes one on that reads chunks itself."""
    environ = {"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": "", "CONTENT_TYPE": NDJSON}
    return client.post(f"/api/v1/projects/{client.project.slug}/traces", **environ)


def test_a_chunked_body_is_read_without_a_length(engineer):
    answer = chunked(engineer, io.BytesIO(lines(line("a"), line("b"))))

    assert answer.json()["created"] == 2


def test_a_chunked_body_over_the_limit_stops_being_read_and_keeps_what_it_says(engineer, settings):
    settings.INGEST_BODY_LIMIT = 300_000
    stream = Endless(lines(*[line(str(n)) for n in range(300)]))

    answer = chunked(engineer, stream)

    assert answer.status_code == 413
    assert answer.json()["type"] == "too-large"
    assert answer.json()["created"] == Trace.objects.count() == 300
    assert stream.taken < 500_000


def test_a_small_gzip_body_cannot_unpack_beyond_the_limit(engineer, settings):
    settings.INGEST_BODY_LIMIT = 300_000
    bomb = gzip.compress(lines(line("a")) + b"\n" * 50_000_000)

    answer = post(engineer, bomb)

    assert answer.status_code == 413
    assert answer.json()["created"] == 1


def test_a_broken_connection_keeps_what_came(engineer):
    class Broken(io.RawIOBase):
        parts = iter([lines(line("a"), line("b")) + b'{"id": "cut'])

        def read(self, size: int = -1) -> bytes:
            for part in self.parts:
                return part
            raise OSError("the client went away")

    answer = chunked(engineer, Broken())

    assert answer.status_code == 400
    assert answer.json()["created"] == 2


@pytest.mark.parametrize("query", ["?format=csv", "?policy=nobody", "?policy=a b@1", "?policy=%00@1"])
def test_unknown_formats_and_bad_policies_are_refused_before_reading(engineer, query):
    answer = post(engineer, lines(line("a")), query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] in {"format", "policy"}


def test_the_policy_of_the_address_stands_in_where_lines_name_none(engineer):
    nameless = {key: value for key, value in line("a").items() if key != "policy"}

    post(engineer, lines(nameless), "?policy=mine@7")

    assert str(Trace.objects.get().policy) == "mine@7"


def test_published_runs_come_in_by_their_format(engineer):
    body = (real_data("pandalm") / "testset-v1.json").read_bytes()

    answer = post(engineer, body, "?format=pandalm", "application/json")

    assert answer.status_code == 200
    assert answer.json()["created"] > 1000
    assert answer.json()["refused"] == 0


def test_traces_are_listed_in_pages_without_their_content(engineer):
    made = TraceFactory.create_batch(5, project=engineer.project)
    path = f"/api/v1/projects/{engineer.project.slug}/traces?limit=2"

    seen = []
    while path:
        answer = engineer.get(path).json()
        seen += answer["results"]
        path = answer["next"]

    assert [row["id"] for row in seen] == [trace.pk for trace in made]
    assert "messages" not in seen[0]


def test_traces_can_be_filtered_by_task_and_state(engineer):
    TraceFactory(project=engineer.project, task="one", state="received")
    wanted = TraceFactory(project=engineer.project, task="one")
    TraceFactory(project=engineer.project, task="two")

    answer = engineer.get(f"/api/v1/projects/{engineer.project.slug}/traces?task=one&state=ready").json()

    assert [row["id"] for row in answer["results"]] == [wanted.pk]
    assert answer["next"] is None


def test_a_trace_is_shown_with_its_content_and_findings(engineer):
    trace = TraceFactory(
        project=engineer.project, policy=PolicyFactory(project=engineer.project, name="desk", version="3")
    )
    trace.findings.create(
        detector="regex", version="1", kind="email", path="messages/0/content", start=3, end=9, action="masked",
        created_at=trace.arrived_at,
    )  # fmt: skip

    shown = engineer.get(f"/api/v1/traces/{trace.pk}").json()

    assert shown["policy"] == "desk@3"
    assert shown["messages"] == trace.messages
    assert shown["findings"][0]["kind"] == "email"


def test_a_session_must_send_the_csrf_token(engineer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(engineer.token.user)

    answer = client.post(f"/api/v1/projects/{engineer.project.slug}/traces", lines(line("a")), content_type=NDJSON)

    assert answer.status_code == 403
    assert not Trace.objects.exists()
