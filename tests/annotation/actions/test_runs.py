"""Asking for training runs."""

from datetime import UTC, datetime

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.actions import runs
from annotation.errors import Invalid
from annotation.models import Event, Run
from tests.factories import ReleaseFactory, RunFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def create(release, **config):
    project = release.project
    return runs.create(project=project, release=release, config=config, actor=person(project, "engineer"), now=NOW)


def test_a_run_is_numbered_queued_and_trained_one_at_a_time():
    release = ReleaseFactory()
    first, second = create(release, seed=3, beta=0.1, base="", steps=None), create(release)

    jobs = ProcrastinateJob.objects.filter(task_name="runs.train").order_by("pk")
    assert (first.number, second.number) == (1, 2)
    assert (first.state, first.config) == ("queued", {"seed": 3, "beta": 0.1})
    assert [(job.args, job.lock) for job in jobs] == [({"run": r.pk}, "training") for r in (first, second)]


@pytest.mark.parametrize("state", ["queued", "building", "failed"])
def test_only_a_ready_release_can_be_trained_on(state):
    with pytest.raises(runs.NotReady):
        create(ReleaseFactory(state=state))


def test_a_release_of_another_project_is_refused():
    release, elsewhere = ReleaseFactory(), ReleaseFactory()

    with pytest.raises(Invalid, match="no such release"):
        runs.create(project=elsewhere.project, release=release, config={}, actor=elsewhere.created_by, now=NOW)

    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "config",
    [
        {"colour": "red"},
        {"seed": 1.5},
        {"seed": True},
        {"seed": 2**63},
        {"beta": "much"},
        {"beta": float("nan")},
        {"learning_rate": float("inf")},
        {"lora": "yes"},
        {"base": 5},
        {"base": "nul \x00"},
        {"base": "x" * 201},
    ],
)
def test_settings_that_no_trainer_understands_are_refused(config):
    with pytest.raises(Invalid):
        create(ReleaseFactory(), **config)


@pytest.mark.parametrize("state, after", [("queued", "cancelled"), ("running", "cancelled"), ("done", "done")])
def test_a_run_is_cancelled_while_it_is_not_over(state, after):
    run = RunFactory(state=state)

    runs.cancel(run=run, actor=run.created_by, now=NOW)

    assert Run.objects.get().state == after
    assert Event.objects.filter(verb="run.cancelled").count() == (after != state)
