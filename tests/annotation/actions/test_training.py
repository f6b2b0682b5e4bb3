"""Watching a trainer and registering what it made; the trainer itself is real in the journeys."""

import json
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from annotation.actions import runs as asking
from annotation.actions import training
from annotation.models import Policy, Run
from annotation.queries import runs
from tests.factories import PolicyFactory, RunFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DONE = {"status": "done", "digests": {"model.safetensors": "ab" * 32}, "metrics": {"eval_rewards/accuracies": 0.97}}


@pytest.fixture
def run(db, settings, tmp_path, monkeypatch):
    """A queued run whose trainer is `script`: Python lines that see the run folder as `out`."""
    settings.RUNS_DIR = tmp_path

    def prepared(script: str) -> Run:
        program = f"import json, os, sys, time, pathlib; out = pathlib.Path(sys.argv[1]); out.mkdir()\n{script}"
        monkeypatch.setattr(training, "command", lambda run, folder: [sys.executable, "-c", program, str(folder)])
        monkeypatch.setattr(training, "POLL_SECONDS", 0.05)
        return RunFactory(state="queued")

    return prepared


def finished(run):
    training.train(run=run.pk, now=NOW)
    run.refresh_from_db()
    return run


def test_a_done_run_becomes_a_candidate_with_its_lineage(run):
    made = finished(run(f"(out / 'result.json').write_text({json.dumps(DONE)!r})"))

    policy = Policy.objects.get(run=made)
    assert (made.state, policy.origin, policy.digest) == ("done", "trained", "ab" * 32)
    assert policy.release == made.release
    assert policy.metrics["eval_rewards/accuracies"] == 0.97


def test_a_loss_that_ran_away_is_stored_as_null(run):
    result = json.dumps({**DONE, "metrics": {"loss": float("nan")}})

    made = finished(run(f"(out / 'result.json').write_text({result!r})"))

    assert made.result["metrics"] == {"loss": None}


def test_a_name_that_traces_already_use_does_not_stop_the_registration(run):
    queued = run(f"(out / 'result.json').write_text({json.dumps(DONE)!r})")
    PolicyFactory(project=queued.project, name=queued.project.slug, version="2")
    PolicyFactory(project=queued.project, name=queued.project.slug, version="1")

    assert Policy.objects.get(run=finished(queued)).version == "3"


def test_the_trainer_sees_no_credentials(run, monkeypatch):
    for name in ("DATABASE_URL", "SECRET_KEY", "JUDGE_API_KEY"):
        monkeypatch.setenv(name, "secret-value")
    queued = run("(out / 'env').write_text(json.dumps(dict(os.environ)))")

    finished(queued)

    seen = json.loads((runs.folder(queued) / "env").read_text())
    assert "secret-value" not in seen.values()
    assert seen["HF_HUB_OFFLINE"] == "1"


def test_a_failed_run_says_what_the_trainer_said_and_registers_nothing(run):
    failed = finished(run("print('loading'); sys.exit('No row is left to train on.')"))

    assert (failed.state, failed.error) == ("failed", "No row is left to train on.")
    assert not Policy.objects.filter(run=failed).exists()


def test_a_run_that_is_over_is_not_trained_again(run):
    done = finished(run(f"(out / 'result.json').write_text({json.dumps(DONE)!r})"))

    training.train(run=done.pk, now=NOW)

    assert Policy.objects.filter(run=done).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_run_stops_its_trainer(run):
    queued = run("time.sleep(60)")

    def cancel():
        while not Run.objects.filter(pk=queued.pk, state="running").exists():
            time.sleep(0.02)
        asking.cancel(run=queued, actor=queued.created_by, now=NOW)
        connection.close()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    stopped = finished(queued)
    canceller.join()

    assert stopped.state == "cancelled"
    assert not Policy.objects.filter(run=stopped).exists()
