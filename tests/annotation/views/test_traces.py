"""Traces: filters, the story of one, and files sent in."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from annotation.models import Finding, Trace
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def line(key: str, **more) -> bytes:
    """One trace in the native format."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    return json.dumps({"id": key, "task": "t", "policy": "p@1", "messages": messages, **more}).encode()


def send(client, body: bytes, **fields):
    file = SimpleUploadedFile("runs.jsonl", body)
    return client.post(reverse("traces-upload", args=["desk"]), {"file": file, "format": "native", **fields})


def test_filters_narrow_the_list_and_answer_htmx_with_the_table_alone(project, signed_in):
    wanted = factories.TraceFactory(project=project, task="refund-1", outcome="failure")
    factories.TraceFactory(project=project, task="refund-2")
    factories.TraceFactory(project=project, task="other", outcome="failure")
    query = {"task": "refund", "outcome": "failure", "policy": wanted.policy_id, "state": "ready"}

    part = signed_in("engineer").get(reverse("traces", args=["desk"]), query, headers=HTMX)

    assert [trace.pk for trace in part.context["page"].rows] == [wanted.pk]
    assert part.content.decode().lstrip().startswith('<div id="traces-table"')


def test_a_filter_that_makes_no_sense_is_left_out(project, signed_in):
    trace = factories.TraceFactory(project=project)
    elsewhere = factories.PolicyFactory()

    page = signed_in("engineer").get(reverse("traces", args=["desk"]), {"state": "x", "policy": elsewhere.pk})

    assert [row.pk for row in page.context["page"].rows] == [trace.pk]


def test_a_trace_is_told_step_by_step_with_what_was_masked(project, signed_in):
    trace = factories.TraceFactory(project=project, text="Write to [EMAIL_1]. <script>alert(1)</script>")
    Finding.objects.create(
        trace=trace, detector="email", version="1", kind="EMAIL", path="messages/3/content", start=9, end=30,
        action="masked", created_at=timezone.now(),
    )  # fmt: skip

    html = signed_in("engineer").get(reverse("trace", args=[trace.pk])).content.decode()

    assert "find_order" in html and "4711" in html and "messages/3/content" in html and "9–30" in html
    assert "<script>alert" not in html


def test_a_quarantined_trace_says_why_it_is_held_back(project, signed_in):
    trace = factories.TraceFactory(
        project=project, state="quarantined", quarantine_reason="A detector failed.", messages=[], steps=[]
    )

    html = signed_in("manager").get(reverse("trace", args=[trace.pk])).content.decode()

    assert "A detector failed." in html and "never exported" in html


def test_good_lines_of_a_file_are_kept_and_bad_ones_named(project, signed_in):
    client = signed_in("engineer")
    factories.TraceFactory(project=project, key="other")

    first = send(client, line("a") + b"\n{broken\n" + line("b"))
    again = send(client, line("a"))

    assert first.status_code == 200
    assert (first.context["result"].created, first.context["result"].refused) == (2, 1)
    assert again.context["result"].duplicate == 1
    assert Trace.objects.get(key="a").state == "received"


@pytest.mark.parametrize("body", [b"{broken", b"\xff\xfe\x00", b"[]", b'{"id": 1}'])
def test_a_file_without_a_good_line_is_refused_with_reasons(project, signed_in, body):
    response = send(signed_in("engineer"), body)

    assert response.status_code == 422
    assert "Nothing could be kept" in response.content.decode()


def test_a_policy_that_is_none_is_refused_at_its_field(project, signed_in):
    response = send(signed_in("engineer"), line("a"), policy="no version")

    assert response.status_code == 422 and response.context["form"].errors["policy"]
    assert not Trace.objects.exists()


def test_a_file_over_the_limit_is_refused(project, signed_in, settings):
    settings.INGEST_BODY_LIMIT = 10

    response = send(signed_in("engineer"), line("a"))

    assert response.status_code == 422 and "split it" in response.content.decode()
