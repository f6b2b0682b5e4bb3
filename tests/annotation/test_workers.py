"""Workers that die in mid-job: real processes, `kill -9`, and afterwards everything is there exactly once."""

import io
import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.actions import release_folders, releases, report_building, stalled, traces
from annotation.enqueue import enqueue
from annotation.models import (
    Charge,
    Consensus,
    Event,
    Finding,
    Item,
    Judge,
    Policy,
    Project,
    Queue,
    Release,
    Report,
    Run,
    Side,
    Trace,
    User,
    Verdict,
    Weighing,
)
from annotation.queries import runs
from flywheel.datasets.release import read_manifest
from flywheel.formats.reading import read
from tests.annotation import processes
from tests.annotation.waiting import until
from tests.factories import (
    AnnotationFactory,
    ItemFactory,
    JudgeFactory,
    ProjectFactory,
    QueueFactory,
    ReleaseFactory,
    RunFactory,
    VerdictFactory,
    person,
)
from tests.fakes import judge_server
from tests.flywheel.training import planted

STALLED_AFTER = 3  # seconds
TASKS = 6
LOCKED_TRACE = "SELECT 1 FROM annotation_trace WHERE id = %s FOR UPDATE"
LOCKED_QUEUE = "SELECT 1 FROM annotation_queue WHERE id = %s FOR UPDATE"
FETCH = "SELECT id FROM procrastinate_fetch_job_v2(ARRAY['quick'], NULL)"
SAME_ROW = """
INSERT INTO annotation_releaserow (release_id, kind, key, split, sha256, annotations)
VALUES (%s, 'preference', %s, 'train', '', '{}')
"""
Start = Callable[[], subprocess.Popen]


@pytest.fixture
def start(transactional_db: None, settings, tmp_path: Path) -> Iterator[Start]:
    """Starts workers on the tests' database; whatever is left of them is killed before the database is emptied."""
    settings.STALLED_AFTER_SECONDS = STALLED_AFTER
    processes.forget_jobs()
    log = tmp_path / "workers.log"
    started: list[subprocess.Popen] = []

    def start_one() -> subprocess.Popen:
        started.append(processes.start_worker(log=log, STALLED_AFTER_SECONDS=str(STALLED_AFTER)))
        return started[-1]

    yield start_one
    for process in started:
        processes.kill_session(process)
    print(log.read_text(errors="replace") if log.exists() else "no worker was started")
    processes.forget_jobs()


def ingest(project: Project) -> None:
    """Two runs of each task, with an address that has to be masked, arriving as one chunk."""
    runs = [
        {
            "id": f"{task}-{side}",
            "task": f"task-{task}",
            "policy": f"desk@{side}",
            "messages": [
                {"role": "user", "content": f"Send order {task} to ann.lee@example.com."},
                {"role": "assistant", "content": f"Order {task} is sent ({side}). {'[good]' * side}"},
            ],
        }
        for task in range(TASKS)
        for side in (0, 1)
    ]
    lines = "\n".join(json.dumps(run) for run in runs)
    traces.ingest(project=project, lines=read(io.BytesIO(lines.encode()), "native"), now=timezone.now())


def job(name: str, *statuses: str) -> ProcrastinateJob | None:
    """The newest job of that name in one of these states."""
    return ProcrastinateJob.objects.filter(task_name=name, status__in=statuses).order_by("-pk").first()


def is_put_back() -> bool:
    """Whether `manage.py retry_stalled` found something."""
    said = io.StringIO()
    call_command("retry_stalled", stdout=said)
    return not said.getvalue().startswith("0 ")


def assert_every_pair_is_asked_and_judged_once(project: Project) -> None:
    """No trace, finding, item or side missing or double; both orders of each pair, at their price."""
    assert Counter(Trace.objects.filter(project=project).values_list("state", flat=True)) == {"ready": 2 * TASKS}
    assert Counter(Finding.objects.values_list("trace", flat=True)) == Counter(
        Trace.objects.values_list("pk", flat=True)
    )
    assert Counter(Item.objects.values_list("queue", "task")) == Counter(
        (queue, f"task-{task}") for queue in project.queues.values_list("pk", flat=True) for task in range(TASKS)
    )
    assert Counter(Side.objects.values_list("item", "index")) == Counter(
        (item, index) for item in Item.objects.values_list("pk", flat=True) for index in (0, 1)
    )
    assert Counter(Verdict.objects.values_list("item", "first")) == Counter(Side.objects.values_list("item", "index"))
    assert Charge.objects.count() == Item.objects.count()
    assert sum(Charge.objects.values_list("amount", flat=True)) == pytest.approx(
        sum(Verdict.objects.values_list("cost", flat=True))
    )


def an_endpoint(project: Project, server: judge_server.JudgeServer) -> Judge:
    return JudgeFactory(
        project=project, provider="endpoint", base_url=server.base_url, model="scripted",
        settings={"input_price": 3.0, "output_price": 15.0},
    )  # fmt: skip


def test_a_worker_killed_in_every_job_loses_and_doubles_nothing(start: Start):
    project = ProjectFactory()
    first, second = QueueFactory.create_batch(2, project=project)
    engineer = person(project, "engineer")
    ingest(project)

    with judge_server.serving() as server:
        an_endpoint(project, server)
        killed_while_preparing(start, Trace.objects.order_by("pk")[TASKS])
        killed_while_pairing(start, first, second)
        killed_while_judging(start, server)
        release = killed_before_the_release_commits(start, first, engineer)
        late = VerdictFactory(item=first.items.first(), judge__project=project, judge__is_active=False)
        start()
        until(lambda: job("releases.build", "succeeded"), "the last worker takes up the release by itself")

    assert_the_release_is_whole(release)
    assert str(late.pk) in release.manifest["inputs"]["verdicts"]
    late.delete()
    assert_every_pair_is_asked_and_judged_once(project)


def killed_while_preparing(start: Start, trace: Trace) -> None:
    """Half of the chunk is done, the next trace is under way."""
    with processes.in_the_way(LOCKED_TRACE, trace.pk) as holder:
        worker = start()
        processes.wait_until_somebody_stands_still(holder, "the worker is in the middle of the chunk")
        processes.kill(worker)
    assert 0 < Trace.objects.filter(state="ready").count() < 2 * TASKS
    until(is_put_back, "the job counts as stalled")


def killed_while_pairing(start: Start, first: Queue, second: Queue) -> None:
    """One queue is filled, the other is next; a successor waits, so the stalled job ends and leaves the work to it."""
    with processes.in_the_way(LOCKED_QUEUE, second.pk) as holder:
        worker = start()
        processes.wait_until_somebody_stands_still(holder, "the worker fills the second queue")
        assert enqueue("items.pair", project=first.project_id, once=f"pair-{first.project_id}")
        processes.kill(worker)
    assert (first.items.count(), second.items.count()) == (TASKS, 0)
    until(is_put_back, "the job counts as stalled")
    assert Counter(ProcrastinateJob.objects.filter(task_name="items.pair").values_list("status", flat=True)) == {
        "failed": 1,
        "todo": 1,
    }


def killed_while_judging(start: Start, server: judge_server.JudgeServer) -> None:
    """Some pairs have their verdicts, one is being asked about."""
    server.script.delay_s = 0.2
    worker = start()
    until(lambda: len(server.seen) >= TASKS, "the worker is in the middle of judging")
    processes.kill(worker)
    server.script.delay_s = 0.0
    assert 0 < Verdict.objects.count() < 4 * TASKS
    until(is_put_back, "the job counts as stalled")


def killed_before_the_release_commits(start: Start, queue: Queue, engineer: User) -> Release:
    """The folder is in its place, the database does not know of it yet."""
    for item in queue.items.all():
        AnnotationFactory(assignment__item=item)
    release = releases.create(project=queue.project, filters={}, actor=engineer, now=timezone.now())
    with processes.in_the_way(SAME_ROW, release.pk, f"item-{queue.items.first().pk}") as holder:
        worker = start()
        processes.wait_until_somebody_stands_still(holder, "the worker is about to record the release")
        processes.kill(worker)
    assert release_folders.folder(release).exists()
    assert (Release.objects.get().state, of_releases().count()) == ("building", 0)
    return release


def of_releases() -> QuerySet[Consensus]:
    """What releases froze; queues weigh their answers meanwhile."""
    return Consensus.objects.exclude(run__in=Weighing.objects.values("run"))


def assert_the_release_is_whole(release: Release) -> None:
    """Its folder, rows, consensus and event are there once, and no draft is left beside it."""
    release.refresh_from_db()
    folder = release_folders.folder(release)
    assert release.state == "ready", release.error
    assert read_manifest(folder).id == release.digest
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}-")] == []
    assert Counter(release.rows.values_list("item__task", flat=True)) == {f"task-{task}": 1 for task in range(TASKS)}
    assert of_releases().count() == TASKS
    assert Event.objects.filter(verb="release.ready").count() == 1


def test_a_worker_that_freezes_and_comes_back_doubles_nothing(start: Start):
    project = ProjectFactory()
    QueueFactory(project=project)
    ingest(project)

    with judge_server.serving(judge_server.Script(delay_s=0.5)) as server:
        an_endpoint(project, server)
        frozen = start()
        until(lambda: len(server.seen) >= TASKS, "the worker is in the middle of judging")
        frozen.send_signal(signal.SIGSTOP)
        server.script.delay_s = 0.0
        until(is_put_back, "the job counts as stalled")
        start()
        until(lambda: job("judges.judge", "succeeded"), "another worker judges what is left")
        asked = len(server.seen)
        frozen.send_signal(signal.SIGCONT)
        until(lambda: len(server.seen) > asked or frozen.poll() is not None, "the first one goes on where it was")
        until(lambda: not job("judges.judge", "doing"), "both are done")
        frozen.terminate()
        frozen.wait(timeout=60)

    assert_every_pair_is_asked_and_judged_once(project)


@pytest.mark.training
@pytest.mark.skipif(not runs.training_ready(), reason="training needs torch and TRL")
def test_a_trainer_dies_with_its_worker_and_the_run_is_registered_once(start: Start):
    release = ReleaseFactory()
    planted.write(release_folders.folder(release))
    run = RunFactory(release=release, config={"steps": 100_000, "warmup_steps": 100_000})
    enqueue("runs.train", queue="long", lock="training", run=run.pk)

    worker = start()
    until(lambda: runs.metrics(run), "the first trainer is at work")
    (trainer,) = processes.children(worker.pid)
    processes.kill(worker)
    until(lambda: not processes.is_alive(trainer), "the trainer dies with its worker")
    Run.objects.update(config={"steps": 2, "warmup_steps": 2})
    until(is_put_back, "the job counts as stalled")
    start()
    until(lambda: job("runs.train", "succeeded"), "another worker trains", patience=300)

    run.refresh_from_db()
    assert (run.state, run.error, run.result["status"]) == ("done", "", "done")
    assert Policy.objects.get(origin="trained").run == run
    assert Event.objects.filter(verb="run.done").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_stalled_job_is_put_back_by_one_of_two_who_look_at_the_same_time():
    processes.forget_jobs()
    enqueue("items.pair", project=1)
    with connection.cursor() as sql:
        sql.execute(FETCH)

    with processes.in_the_way("SELECT 1 FROM procrastinate_jobs FOR UPDATE"):
        while_another_has_it = stalled.put_back()

    assert (while_another_has_it, stalled.put_back(), stalled.put_back()) == (0, 1, 0)
    processes.forget_jobs()


@pytest.mark.django_db(transaction=True)
def test_work_that_relies_on_a_waiting_job_is_seen_by_it():
    processes.forget_jobs()
    enqueue("items.pair", project=1, once="pair-1")

    with transaction.atomic():
        was_added = enqueue("items.pair", project=1, once="pair-1")
        with processes.in_the_way(FETCH) as worker:
            fetched_before_the_commit = worker.execute(FETCH).fetchone()
    with processes.in_the_way("SELECT 1") as worker:
        fetched_after_it = worker.execute(FETCH).fetchone()

    assert not was_added
    assert (fetched_before_the_commit, fetched_after_it) == ((None,), (job("items.pair", "todo").pk,))
    processes.forget_jobs()


@pytest.mark.django_db
def test_the_same_report_is_kept_once():
    project = ProjectFactory()
    item = ItemFactory(queue__project=project)
    AnnotationFactory(assignment__item=item)

    first = report_building.build(project=project, kind="bias", now=timezone.now())
    again = report_building.build(project=project, kind="bias", now=timezone.now())
    AnnotationFactory(assignment__item=item)
    later = report_building.build(project=project, kind="bias", now=timezone.now())

    assert first == again
    assert list(Report.objects.order_by("pk")) == [first, later]
