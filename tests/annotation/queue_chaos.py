"""Many people over HTTP while processes die: every answer that was acknowledged must be kept, once."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.actions import assignments, slots, stalled
from annotation.models import Annotation, Assignment, Event, Item, Project, Queue, Score, Side, Slot, Trace, Verdict
from tests.annotation import queue_drill
from tests.annotation.queue_clients import Outcome, Plan, Program, Tab
from tests.annotation.site import Kills, Site, running
from tests.annotation.waiting import until
from tests.factories import JudgeFactory, ProjectFactory, QueueFactory, TokenFactory, person

CHUNK = 200  # traces in one POST
OVERBOOKED = """
SELECT a.item_id FROM annotation_assignment a JOIN annotation_item i ON i.id = a.item_id
WHERE i.queue_id = %s AND a.round = 0 AND a.state IN ('open', 'done') GROUP BY a.item_id, i.target
HAVING count(*) > i.target
"""


def run(plan: Plan, *, log: Path) -> Outcome:
    """The whole drill, from traces sent over HTTP to the last answer."""
    project = ProjectFactory(question="Which run is better?")
    queue = QueueFactory(project=project, overlap=plan.overlap, batch_size=plan.batch, lease_seconds=600)
    JudgeFactory(project=project)
    outcome, began = Outcome(), time.monotonic()
    settings.STALLED_AFTER_SECONDS = plan.stalled_after
    with running(log=log, stalled_after=plan.stalled_after) as site:
        kills = Kills(site, seed=plan.seed, web_every=plan.web_every, worker_every=plan.worker_every)
        threads, stop = start_threads(site, queue, plan, outcome, deadline=began + plan.patience)
        try:
            until(lambda: tended(kills, queue, plan), "every item is filled", patience=plan.patience)
        except AssertionError as late:
            outcome.complain(str(late))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        outcome.counts.update({f"killed: {name}": count for name, count in site.kills.items()})
        count_jobs(outcome)
    outcome.seconds = round(time.monotonic() - began, 1)
    outcome.violations += violations(queue, outcome, plan)
    return outcome


def start_threads(
    site: Site, queue: Queue, plan: Plan, outcome: Outcome, *, deadline: float
) -> tuple[list[threading.Thread], threading.Event]:
    """One sender of traces, all tabs, and the noise."""
    stop = threading.Event()
    sender = Program(site.url, token(queue.project, "sender"), outcome, deadline)
    work: list[Callable[[], None]] = [
        lambda: send_traces(sender, queue.project, plan),
        lambda: make_noise(queue, plan, outcome, stop),
    ]
    for number in range(plan.clients):
        who = person(queue.project, "annotator")
        for n in range(plan.tabs):
            secret = token(queue.project, f"{number}-{n}", user=who, scopes=["queue:work"])
            tab = Tab(site.url, secret, outcome, deadline, person=who.pk, seed=plan.seed * 1000 + number * 10 + n)
            work.append(partial(at_work, tab, queue.pk, plan, outcome, stop))
    threads = [threading.Thread(target=reported, args=(one, outcome)) for one in work]
    for thread in threads:
        thread.start()
    return threads, stop


def token(project: Project, name: str, **fields: Any) -> str:
    """The secret of a new token."""
    secret = f"fw_{project.slug}_{name}"
    TokenFactory(project=project, secret=secret, **fields)
    return secret


def at_work(tab: Tab, queue: int, plan: Plan, outcome: Outcome, stop: threading.Event) -> None:
    """Work, then hand in the receipts."""
    try:
        tab.work(queue, plan, stop)
    finally:
        with outcome.lock:
            outcome.receipts += tab.mine


def reported(work: Callable[[], None], outcome: Outcome) -> None:
    """A thread's work; what breaks it is a violation, not a line that nobody reads."""
    try:
        work()
    except Exception as problem:  # noqa: BLE001  whatever it is, it is told
        outcome.complain(f"a thread ended with {problem!r}")
    finally:
        connection.close()


def tended(kills: Kills, queue: Queue, plan: Plan) -> bool:
    """Kill what is due; whether every item has all its answers."""
    kills.tend()
    return Annotation.objects.answers().filter(item__queue=queue).count() >= plan.items * plan.overlap


def send_traces(sender: Program, project: Project, plan: Plan) -> None:
    """Two runs of each task; a POST that was cut off is sent again as a whole."""
    runs = [
        {
            "id": f"{task}-{side}", "task": f"task-{task}", "policy": f"desk@{side}",
            "messages": [
                {"role": "user", "content": f"Where is order {task}?"},
                {"role": "assistant", "content": f"Order {task} {'left on Monday' if side else 'is still here'}."},
            ],
        }
        for task in range(plan.items)
        for side in (0, 1)
    ]  # fmt: skip
    for start in range(0, len(runs), CHUNK):
        body = "\n".join(json.dumps(run) for run in runs[start : start + CHUNK]).encode()
        told = sender.post(f"/projects/{project.slug}/traces", body)
        if told.status_code != 200:
            sender.outcome.complain(f"traces were answered with {told.status_code}: {told.text[:200]}")


def make_noise(queue: Queue, plan: Plan, outcome: Outcome, stop: threading.Event) -> None:
    """Re-score what is open, let leases run out, put stalled jobs back, and look for overbooked items; all the time."""
    rng = random.Random(plan.seed)
    while not stop.wait(0.1):
        now = timezone.now()
        scores = [
            Score(item_id=pk, value=rng.random(), rule="drill", scored_at=now)
            for pk in Slot.objects.filter(queue=queue).values_list("pk", flat=True)
        ]
        Score.objects.bulk_create(
            scores, update_conflicts=True, unique_fields=["item"], update_fields=["value", "scored_at"]
        )
        slots.reorder(queue=queue.pk)
        outcome.count("times re-scored")
        lent = Assignment.objects.open().filter(queue=queue).order_by("?").first()
        if lent is not None and rng.random() < 0.5:
            Assignment.objects.filter(pk=lent.pk, state="open").update(due_at=now - timedelta(seconds=1))
        outcome.counts["leases run out"] += assignments.expire_overdue(now=now)
        outcome.counts["stalled jobs put back"] += stalled.put_back()
        with connection.cursor() as sql:
            sql.execute(OVERBOOKED, [queue.pk])
            for (item,) in sql.fetchall():
                outcome.complain(f"item {item} was lent to more people than wanted")


def count_jobs(outcome: Outcome) -> None:
    """How the jobs ended."""
    for name, status in ProcrastinateJob.objects.values_list("task_name", "status"):
        outcome.counts[f"job {name}: {status}"] += 1


def violations(queue: Queue, outcome: Outcome, plan: Plan) -> list[str]:
    """Everything that breaks a promise, looked up when all is over."""
    found = queue_drill.violations(queue)
    if (traces := Trace.objects.ready().filter(project=queue.project).count()) != 2 * plan.items:
        found.append(f"{traces} traces ready, {2 * plan.items} sent")
    tasks = Counter(Item.objects.filter(queue=queue).values_list("task", flat=True))
    found += [f"{task} is asked {count} times" for task, count in tasks.items() if count != 1]
    if len(tasks) != plan.items or Side.objects.filter(item__queue=queue).count() != 2 * plan.items:
        found.append(f"{len(tasks)} items of {plan.items} tasks")
    stored = {
        (row.annotator_id, row.client_key): (row.pk, row.assignment_id)
        for row in Annotation.objects.filter(item__queue=queue)
    }
    told = {(receipt.annotator, receipt.key): (receipt.annotation, receipt.assignment) for receipt in outcome.receipts}
    found += [f"answer {key} was acknowledged and is lost" for key in told.keys() - stored.keys()]
    found += [f"answer {key} is stored and was never acknowledged" for key in stored.keys() - told.keys()]
    found += [
        f"answer {key} is {stored[key]}, acknowledged as {told[key]}"
        for key in told
        if stored.get(key, told[key]) != told[key]
    ]
    audited = Counter(Event.objects.filter(verb="annotation.submitted").values_list("subject", flat=True))
    if audited != Counter(pk for pk, _ in stored.values()):
        found.append("the audit log does not name every answer once")
    outcome.counts.update(
        {
            "answers": len(stored),
            "items": len(tasks),
            "batches": queue.batches.count(),
            "verdicts": Verdict.objects.count(),
        }
    )
    return found


def described(plan: Plan) -> dict[str, Any]:
    """The plan, for the record."""
    return asdict(plan)
