"""Traces in: stored, prepared and paired, with real runs."""

import io
import json
from datetime import UTC, datetime

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.actions import items, preparation, traces
from annotation.models import Finding, Item, Policy, Trace, TraceRaw
from flywheel.formats.reading import read
from tests.factories import ProjectFactory, QueueFactory, TraceFactory
from tests.real_data import real_data

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def native(**fields):
    return {
        "id": "t1",
        "task": "refund",
        "policy": "desk@1",
        "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}],
    } | fields


def ingest(project, *records, format="native"):
    stream = io.BytesIO("\n".join(json.dumps(record) for record in records).encode())
    return traces.ingest(project=project, lines=read(stream, format), now=NOW)


def prepare(project):
    pks = list(Trace.objects.filter(project=project, state="received").values_list("pk", flat=True))
    preparation.prepare(traces=pks, now=NOW)


def test_a_trace_is_stored_with_its_job_and_shows_no_text_before_it_was_sanitised():
    project = ProjectFactory()

    result = ingest(project, native())

    trace = Trace.objects.get()
    assert (result.created, result.duplicate, result.refused) == (1, 0, 0)
    assert (trace.state, trace.messages, trace.steps) == ("received", [], [])
    assert waiting_jobs() == ["traces.prepare"]


def waiting_jobs():
    return list(ProcrastinateJob.objects.filter(status="todo").order_by("pk").values_list("task_name", flat=True))


def test_sending_again_is_harmless_and_other_content_is_refused_per_line():
    project = ProjectFactory()
    ingest(project, native())

    result = ingest(project, native(), native(task="another"), native(id="t2"))

    assert (result.created, result.duplicate, result.refused) == (1, 1, 1)
    assert result.rejected[0]["line"] == 2
    assert result.rejected[0]["status"] == 409
    assert Trace.objects.get(key="t1").task == "refund"


def test_bad_lines_are_named_and_good_ones_kept():
    stream = io.BytesIO(
        b"\n".join(
            [
                json.dumps(native()).encode(),
                b"{not json",
                b'{"id": "x\\u0000y"}',
                b"\xff\xfe",
                json.dumps(native(id="t2", messages=[])).encode(),
                json.dumps(native(id="t3")).encode(),
            ]
        )
    )

    result = traces.ingest(project=ProjectFactory(), lines=read(stream, "native"), now=NOW)

    assert result.created == 2
    assert [refusal["line"] for refusal in result.rejected] == [2, 3, 4, 5]


def test_an_unknown_policy_is_registered_as_external():
    ingest(ProjectFactory(), native(policy="new-agent@2026-03"))

    policy = Policy.objects.get()
    assert (policy.name, policy.version, policy.origin) == ("new-agent", "2026-03", "external")


def test_preparing_masks_and_records_the_finding_without_the_value():
    project = ProjectFactory()
    told = [{"role": "user", "content": "I am ann@example.org"}, {"role": "assistant", "content": "Hello!"}]
    ingest(project, native(messages=told))

    prepare(project)

    trace, finding = Trace.objects.get(), Finding.objects.get()
    assert "ann@example.org" not in json.dumps(trace.messages)
    assert (finding.kind.lower(), finding.action) == ("email", "masked")
    assert b"ann@example.org" in bytes(TraceRaw.objects.get().body)


def test_a_trace_on_which_the_sanitiser_fails_is_quarantined_and_the_others_go_on():
    project = ProjectFactory()
    ingest(project, native(), native(id="t2"))
    TraceRaw.objects.filter(trace__key="t1").update(body=b"{broken")

    prepare(project)

    states = dict(Trace.objects.values_list("key", "state"))
    assert states == {"t1": "quarantined", "t2": "ready"}
    assert Trace.objects.get(key="t1").messages == []


def test_runs_that_did_the_same_are_not_asked_about():
    queue = QueueFactory()
    said = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "bye"}]
    ingest(queue.project, native(), native(id="t2"), native(id="t3", messages=said))
    prepare(queue.project)

    items.pair_up(project=queue.project, now=NOW)
    again = items.pair_up(project=queue.project, now=NOW)

    asked = [sorted(item.sides.values_list("trace__key", flat=True)) for item in Item.objects.all()]
    assert sorted(asked) == [["t1", "t3"], ["t2", "t3"]]
    assert again == 0


def test_pools_are_filled_a_chunk_at_a_time(monkeypatch):
    monkeypatch.setattr(items, "CHUNK", 2)
    queue = QueueFactory()
    for number in range(5):
        for _ in range(2):
            TraceFactory(project=queue.project, task=f"task-{number}")

    assert items.pair_up(project=queue.project, now=NOW) == 5
    assert items.pair_up(project=queue.project, now=NOW) == 0
    assert Item.objects.count() == 5


def test_demonstrations_are_not_asked_about():
    queue = QueueFactory()
    TraceFactory(project=queue.project, task="refund")
    TraceFactory(project=queue.project, task="refund", tags={"demonstration": True})

    assert items.pair_up(project=queue.project, now=NOW) == 0


def test_all_real_airline_runs_come_in_with_outcome_steps_and_tools():
    queue = QueueFactory()
    with (real_data("tau_bench") / "gpt-4o-airline.json").open("rb") as stream:
        result = traces.ingest(project=queue.project, lines=read(stream, "tau-bench"), now=NOW)

    assert (result.created, result.refused) == (200, 0)
    assert Trace.objects.filter(outcome="success").count() == 84
    sample = list(Trace.objects.order_by("task", "pk").values_list("pk", flat=True)[:8])
    preparation.prepare(traces=sample, now=NOW)
    ready = Trace.objects.filter(state="ready")
    assert ready.count() == 8
    for trace in ready:
        calls = any(message.get("tool_calls") for message in trace.messages)
        assert trace.steps
        assert bool(trace.tools) == calls
    assert items.pair_up(project=queue.project, now=NOW) == 12
