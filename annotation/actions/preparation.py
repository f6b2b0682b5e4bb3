"""What happens to traces after they arrive: sanitised, embedded, paired up. Runs in workers only."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction

from annotation.actions import events
from annotation.actions.embeddings import CachedEmbedder
from annotation.enqueue import enqueue
from annotation.models import Finding, Trace
from flywheel import embedding, records
from flywheel.formats import native
from flywheel.judging.local import question_text
from flywheel.sanitise.masking import sanitise
from flywheel.selection.features import trace_figures


def prepare(*, traces: Sequence[int], now: datetime) -> None:
    """Make these traces ready, then have their projects' items paired; doing it again changes nothing."""
    for trace in sorted(traces):
        clean(trace, now=now)
    embed(traces)
    for project in set(Trace.objects.filter(pk__in=traces).values_list("project_id", flat=True)):
        enqueue("items.pair", project=project, once=f"pair-{project}")


@transaction.atomic
def clean(pk: int, *, now: datetime) -> None:
    """Sanitise one received trace and fill it in, once; if anything goes wrong with it, nobody gets to see it."""
    received = Trace.objects.filter(pk=pk, state=Trace.State.RECEIVED).select_related("raw")
    trace = received.select_for_update(of=("self",)).first()
    if trace is None:
        return
    try:
        with transaction.atomic():
            cleaned, findings = sanitise(native.parse(json.loads(bytes(trace.raw.body))))
            fill(trace, cleaned, now=now)
            Finding.objects.bulk_create(
                [Finding(trace=trace, created_at=now, **asdict(finding)) for finding in findings], ignore_conflicts=True
            )
    except OperationalError:  # a deadlock or a lost connection says nothing about the trace: the job comes again
        raise
    # Fail closed: whatever broke, an unsanitised trace must not be shown, and one bad trace must not stop the rest.
    except Exception as problem:  # noqa: BLE001
        quarantine(trace, reason=type(problem).__name__, now=now)


def quarantine(trace: Trace, *, reason: str, now: datetime) -> None:
    """Keep the trace away from everybody, and say so in the log."""
    sentence = f"The sanitiser failed on it ({reason})."
    Trace.objects.filter(pk=trace.pk).update(state=Trace.State.QUARANTINED, quarantine_reason=sentence)
    events.record("trace.quarantined", project=trace.project_id, actor=None, now=now, subject=trace.pk, reason=reason)


def fill(row: Trace, trace: records.Trace, *, now: datetime) -> None:
    """Copy the cleaned content into the row."""
    row.messages = list(trace.messages)
    row.steps = [asdict(step) for step in trace.steps]
    row.tools, row.tags, row.metadata = list(trace.tools), dict(trace.tags), dict(trace.metadata)
    row.text_hash = embedding.text_hash(embedding.trace_text(trace))
    row.prompt_hash = embedding.text_hash(question_text(opening(row.messages)))
    row.behaviour_hash = behaviour(row.messages)
    row.figures = trace_figures(trace)
    row.state, row.prepared_at = Trace.State.READY, now
    row.save()


def opening(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages before the agent's first one."""
    turns = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    return messages[: turns[0]] if turns and turns[0] else messages[:1]


def behaviour(messages: list[dict[str, Any]]) -> str:
    """A hash of what the agent said and did, without the ids of its calls: runs that share it are not compared."""
    turns = [
        [message.get("content"), [call["function"] for call in message.get("tool_calls") or []]]
        for message in messages
        if message["role"] == "assistant"
    ]
    return hashlib.sha256(json.dumps(turns, sort_keys=True).encode()).hexdigest()


def embed(traces: Sequence[int]) -> None:
    """Store the vectors of these traces and their prompts."""
    texts = []
    for row in Trace.objects.filter(pk__in=traces, state=Trace.State.READY).order_by("pk"):
        texts.append(embedding.trace_text(record(row)))
        texts.append(question_text(opening(row.messages)))
    if texts:
        CachedEmbedder().embed(list(dict.fromkeys(texts)))


def record(row: Trace) -> records.Trace:
    """The prepared row as the core sees it."""
    return records.Trace(
        id=row.key,
        task=row.task,
        policy="",
        messages=tuple(row.messages),
        steps=tuple(records.Step(**step) for step in row.steps),
        tools=tuple(row.tools),
        outcome=records.Outcome(row.outcome, row.reward),  # type: ignore[arg-type]  # the database allows only these
    )
