"""Traces in: stored as received, in chunks, each with its follow-up job in the same transaction."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from annotation.actions import copies
from annotation.enqueue import enqueue
from annotation.models import Policy, Project, Trace, TraceRaw
from annotation.models.policies import PolicyOrigin
from flywheel import records
from flywheel.formats import native
from flywheel.formats.reading import Line
from flywheel.records import BadInput

CHUNK = 1000  # lines of one transaction: each waits for the disk once
PER_JOB = 250  # traces that one job prepares
CHUNK_BYTES = 16 * 2**20
LONGEST = {"task": 200, "policy name": 120, "policy version": 60}  # characters that the columns hold
PLACE = ("id", "project_id", "policy_id")
FIGURES = ("key", "task", "outcome", "reward", "input_tokens", "output_tokens", "cost", "started_at", "ended_at")
REPORTED = 1000  # rejected lines named in an answer; all of them are counted


@dataclass(slots=True)
class Ingested:
    """What became of what was sent; `rejected` has {line, status, reason} of the first lines refused."""

    created: int = 0
    duplicate: int = 0
    refused: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, line: int, reason: str, *, status: int = 422) -> None:
        """Count a refused line, and name it while there is room."""
        self.refused += 1
        if len(self.rejected) < REPORTED:
            self.rejected.append({"line": line, "status": status, "reason": reason})


def ingest(*, project: Project, lines: Iterable[Line[records.Trace]], now: datetime) -> Ingested:
    """Store every good line and say what was wrong with the others; sending the same again is harmless."""
    result = Ingested()
    for chunk in chunks(lines):
        good: dict[str, tuple[int, records.Trace]] = {}
        for line in chunk:
            if isinstance(line.found, BadInput):
                result.refuse(line.number, str(line.found))
            elif sentence := too_long(line.found):
                result.refuse(line.number, sentence)
            elif line.found.id in good:
                weigh_duplicate(line.number, line.found, native.content_hash(good[line.found.id][1]), result)
            else:
                good[line.found.id] = (line.number, line.found)
        store(project=project, traces=good, result=result, now=now)
    return result


def chunks(lines: Iterable[Line[records.Trace]]) -> Iterator[list[Line[records.Trace]]]:
    """Lines in lists of at most CHUNK lines and about CHUNK_BYTES, so that memory stays flat."""
    chunk: list[Line[records.Trace]] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.raw)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def too_long(trace: records.Trace) -> str | None:
    """Why the trace does not fit the columns, if it does not; the format itself allows longer names."""
    name, _, version = trace.policy.rpartition("@")
    for (what, longest), text in zip(LONGEST.items(), (trace.task, name, version), strict=True):
        if len(text) > longest:
            return f"The {what} has {len(text)} characters; at most {longest} can be kept."
    return None


def weigh_duplicate(number: int, trace: records.Trace, known_hash: str, result: Ingested) -> None:
    """The same id again: harmless with the same content, refused with another; the first is kept."""
    if native.content_hash(trace) == known_hash:
        result.duplicate += 1
    else:
        result.refuse(
            number,
            f"Trace {trace.id!r} exists with other content; the first is kept. Send it under a new id.",
            status=409,
        )


@transaction.atomic
def store(*, project: Project, traces: dict[str, tuple[int, records.Trace]], result: Ingested, now: datetime) -> None:
    """One chunk: rows, raw bytes and the jobs that prepare them commit together."""
    with connection.cursor() as sql:
        # Two senders of the same ids take turns, so that the first really is the first.
        sql.execute("SELECT pg_advisory_xact_lock(%s, %s)", [7411, project.pk % 2**31])
    known = known_hashes(project, list(traces))
    fresh = []
    for key, (number, trace) in traces.items():
        if key in known:
            weigh_duplicate(number, trace, known[key], result)
        else:
            fresh.append(trace)
    if not fresh:
        return
    policies = policies_of(project=project, names={trace.policy for trace in fresh}, now=now)
    ids = copies.new_ids(Trace, len(fresh))
    contents = [native.content(trace) for trace in fresh]
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    places = [(pk, project.pk, policies[trace.policy].pk) for pk, trace in zip(ids, fresh, strict=True)]
    copies.insert(
        Trace,
        (*PLACE, *FIGURES, "content_hash", "arrived_at"),
        ((*place, *figures(trace), digest, now) for place, trace, digest in zip(places, fresh, hashes, strict=True)),
    )
    copies.insert(
        TraceRaw,
        ("trace_id", "body", "sha256", "received_at"),
        ((pk, content, digest, now) for pk, content, digest in zip(ids, contents, hashes, strict=True)),
    )
    for start in range(0, len(ids), PER_JOB):
        enqueue("traces.prepare", traces=ids[start : start + PER_JOB])
    result.created += len(ids)


def known_hashes(project: Project, keys: list[str]) -> dict[str, str]:
    """key → content hash of those that are stored already."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT key, content_hash FROM annotation_trace WHERE project_id = %s AND key = ANY(%s)", [project.pk, keys]
        )
        return dict(sql.fetchall())


def figures(trace: records.Trace) -> tuple[Any, ...]:
    """FIGURES of a trace whose content nobody has cleaned yet: no text."""
    usage = trace.usage
    told = (trace.id, trace.task, trace.outcome.status, trace.outcome.reward)
    return (*told, usage.input_tokens, usage.output_tokens, usage.cost, trace.started_at, trace.ended_at)


def policies_of(*, project: Project, names: set[str], now: datetime) -> dict[str, Policy]:
    """The policies behind "name@version"; one nobody has heard of is registered as external."""
    found: dict[str, Policy] = {}
    for full_name in sorted(names):
        name, _, version = full_name.rpartition("@")
        origin = PolicyOrigin.EXPERT if name == "expert" else PolicyOrigin.EXTERNAL
        found[full_name], _ = Policy.objects.get_or_create(
            project=project, name=name, version=version, defaults={"origin": origin, "created_at": now}
        )
    return found
