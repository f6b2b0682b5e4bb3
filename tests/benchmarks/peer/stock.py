"""`python -m tests.benchmarks.peer.stock`: a queue with many items in an empty database; prints how to work from it.

Some hundred items come in as traces do in production. The others are copies of their rows that differ in nothing but
keys, tasks and hashes: a million would take hours to send.
"""

import argparse
import io
import json
from dataclasses import asdict, dataclass
from datetime import datetime

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from annotation.actions import items, preparation, slots, traces
from annotation.models import Batch, Item, Member, Project, Queue, Role, Scope, Side, Token, Trace, User
from annotation.models.tokens import digest
from flywheel.formats import reading
from tests.benchmarks.peer import answers, tasks
from tests.benchmarks.peer.copies import copy_of

ORIGINALS = 500
CHUNK = 20_000
EXPLORED = 0.15  # of the items, as by default


@dataclass(frozen=True, slots=True)
class Stocked:
    """What a client needs to know."""

    queue: int
    project: str
    tokens: list[str]
    sessions: list[str]
    engineer: str


def stocked(*, count: int, people: int, seed: int, now: datetime) -> Stocked:
    """A project whose only queue has `count` drawn items."""
    project = Project.objects.create(slug="bench", name="Benchmark", seed=seed, created_at=now)
    queue = Queue.objects.create(
        project=project, name="Pairs", seed=seed, created_at=now, overlap=1,
        second_share=0.0, gold_share=0.0, repeat_share=0.0,
    )  # fmt: skip
    originals(project, min(count, ORIGINALS), seed=seed, now=now)
    drawn(queue, count, now=now)
    copies(queue, count)
    open_places(queue)
    tokens, sessions = zip(*(annotator(project, number, now=now) for number in range(people)), strict=True)
    engineer = token(project, User.objects.create(username="engineer"), Role.ENGINEER, now=now)
    with connection.cursor() as sql:
        sql.execute("TRUNCATE procrastinate_jobs CASCADE")
        sql.execute("CREATE TABLE bench_slot AS TABLE annotation_slot")
        sql.execute("VACUUM ANALYZE")
    return Stocked(queue.pk, project.slug, list(tokens), list(sessions), engineer)


def originals(project: Project, count: int, *, seed: int, now: datetime) -> None:
    """Traces that come in, are cleaned and become items as in production; only nobody embeds them."""
    body = io.BytesIO(tasks.ndjson(tasks.made(count, seed=seed)))
    traces.ingest(project=project, lines=reading.read(body, "native"), now=now)
    for pk in Trace.objects.filter(project=project).order_by("pk").values_list("pk", flat=True):
        preparation.clean(pk, now=now)
    items.pair_up(project=project, now=now)
    assert Item.objects.filter(queue__project=project).count() == count


def drawn(queue: Queue, count: int, *, now: datetime) -> None:
    """One batch of everything."""
    batch = Batch.objects.create(
        queue=queue, number=1, rule="coverage", pool_size=count, size=count, exploration_share=EXPLORED,
        seed=queue.seed, drawn_at=now,
    )  # fmt: skip
    Item.objects.filter(queue=queue).update(
        batch=batch, entered_at=now, selected_by="coverage", propensity=EXPLORED, target=queue.overlap
    )


def copies(queue: Queue, count: int) -> None:
    """The rows of the items that are still missing."""
    known = Item.objects.filter(queue=queue).count()
    last = Trace.objects.order_by("-pk").values_list("pk", flat=True)[0]
    values: dict[str, int] = {"known": known, "count": count, "last": last, "queue": queue.pk}
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute(
            copy_of(Trace, key="n.task || right(t.key, 2)", task="n.task",
                    content_hash="encode(sha256(convert_to(n.task || t.key, 'UTF8')), 'hex')")
            + """ FROM (SELECT n, 't' || lpad(n::text, 7, '0') AS task FROM generate_series(%(known)s, %(count)s - 1) n) n
                  JOIN annotation_trace t ON t.task = 't' || lpad((n.n %% %(known)s)::text, 7, '0') ORDER BY n.n, t.id""",
            values,
        )  # fmt: skip
        sql.execute(
            copy_of(Item, task="p.task", signature="encode(sha256(convert_to(p.a || '-' || p.b, 'UTF8')), 'hex')")
            + """ FROM (SELECT task, min(id) AS a, max(id) AS b FROM annotation_trace WHERE id > %(last)s
                        GROUP BY task) p
                  CROSS JOIN (SELECT * FROM annotation_item WHERE queue_id = %(queue)s LIMIT 1) t ORDER BY p.task""",
            values,
        )
        sql.execute(
            copy_of(Side, item_id="i.id", trace_id="t.id", index="(t.key LIKE '%%-b')::int")
            + """ FROM annotation_item i JOIN annotation_trace t ON t.task = i.task WHERE t.id > %(last)s
                  ORDER BY i.id, t.id""",
            values,
        )
        sql.execute("UPDATE annotation_item SET selected_by = 'exploration' WHERE id %% 20 < %s", [EXPLORED * 20])


def open_places(queue: Queue) -> None:
    """The slots, made as the product makes them."""
    ids = list(Item.objects.filter(queue=queue).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            slots.settle(ids[start : start + CHUNK])


def annotator(project: Project, number: int, *, now: datetime) -> tuple[str, str]:
    """A person's token and session key."""
    user = User.objects.create(username=f"person-{number}")
    browser = Client()
    browser.force_login(user, backend="annotation.sessions.Backend")
    return token(project, user, Role.ANNOTATOR, now=now), browser.cookies["sessionid"].value


def token(project: Project, user: User, role: Role, *, now: datetime) -> str:
    """A token of a new member that may do all that the role may."""
    Member.objects.create(project=project, user=user, role=role, created_at=now)
    secret = f"fw_bench-{user.username}"
    Token.objects.create(
        project=project, user=user, name="benchmark", prefix=secret[:10], digest=digest(secret),
        scopes=list(Scope.values), created_at=now,
    )  # fmt: skip
    return secret


def main() -> None:
    """Migrate, collect the static files, fill, and print what a client needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--answered", action="store_true", help="one answer on every item")
    given = parser.parse_args()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    made = stocked(count=given.items, people=given.people, seed=given.seed, now=timezone.now())
    if given.answered:
        answers.give_all(Queue.objects.get(pk=made.queue), now=timezone.now())
    print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main()
