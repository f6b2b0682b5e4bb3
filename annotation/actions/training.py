"""Runs the trainer as a subprocess over files, without database credentials, and registers what it made."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation.actions import events, release_folders
from annotation.models import Policy, Run
from annotation.models.policies import PolicyOrigin
from annotation.queries import policies, runs
from annotation.supervisor import die_with_parent

POLL_SECONDS = 1.0
# The trainer sees only what it needs: no DATABASE_URL, no SECRET_KEY, no judge keys.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "HF_HOME", "CUDA_VISIBLE_DEVICES", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # fmt: skip
QUIET_AND_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "PYTHONUNBUFFERED": "1",
}


def train(*, run: int, now: datetime) -> None:
    """Train, watch, and register the candidate; a run taken up again after a crash starts from an empty folder."""
    room = Path(settings.RUNS_DIR)
    room.mkdir(parents=True, exist_ok=True)
    with (room / f"{run}.lock").open("w") as lock:
        # The trainer inherits the lock: one that outlives its worker is waited for, two never write in one folder.
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = start(run=run, now=now)
        if found is None:
            return
        folder = runs.folder(found)
        shutil.rmtree(folder, ignore_errors=True)
        error = watched(found, command(found, folder), log=room / f"{run}.log", lock=lock)
        finish(run=run, result=read_result(folder), error=error, now=timezone.now())


@transaction.atomic
def start(*, run: int, now: datetime) -> Run | None:
    """The run, marked running; nothing when it is over already."""
    found = Run.objects.select_for_update(of=("self",)).select_related("release", "project").get(pk=run)
    if found.state not in (Run.State.QUEUED, Run.State.RUNNING):
        return None
    found.state, found.started_at = Run.State.RUNNING, now
    found.save(update_fields=["state", "started_at"])
    return found


def command(run: Run, folder: Path) -> list[str]:
    """The trainer's command line; the settings travel in a file beside the run folder."""
    config = folder.parent / f"{run.pk}.config.json"
    config.write_text(json.dumps(run.config), encoding="utf-8")
    release = release_folders.folder(run.release)
    arguments = ["train-dpo", "--release", str(release), "--out", str(folder), "--config", str(config)]
    return [sys.executable, "-m", "flywheel", *arguments]


def watched(run: Run, arguments: list[str], *, log: Path, lock: IO[str]) -> str:
    """Run the command until it ends or the run is cancelled; returns its last line of complaint."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | QUIET_AND_OFFLINE
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.fileno()],
            preexec_fn=die_with_parent,
        )
        try:
            while process.poll() is None:
                time.sleep(POLL_SECONDS)
                if Run.objects.filter(pk=run.pk, state=Run.State.CANCELLED).exists():
                    process.terminate()
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "" if process.returncode == 0 else (lines[-1] if lines else f"The trainer ended with {process.returncode}.")


def read_result(folder: Path) -> dict[str, Any]:
    """result.json of a run folder, NaN as null; empty when the trainer died before it could write one."""
    path = folder / "result.json"
    if not path.exists():
        return {}
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None)
    return result


@transaction.atomic
def finish(*, run: int, result: dict[str, Any], error: str, now: datetime) -> Run:
    """Store the result; a good one becomes a candidate policy with its lineage."""
    found = Run.objects.select_for_update(of=("self",)).select_related("release", "project", "created_by").get(pk=run)
    if found.state == Run.State.CANCELLED:
        Run.objects.filter(pk=run).update(result=result)
    if found.state != Run.State.RUNNING:
        return found
    is_done = not error and result.get("status") == "done"
    found.state = Run.State.DONE if is_done else Run.State.FAILED
    found.error = "" if is_done else (result.get("error") or error or "The trainer left no result.")[:500]
    found.result, found.finished_at = result, now
    found.save(update_fields=["state", "error", "result", "finished_at"])
    if is_done:
        register(found, now=now)
    verb = "run.done" if is_done else "run.failed"
    events.record(verb, project=found.project_id, actor=found.created_by, now=now, subject=found.pk)
    return found


def register(run: Run, *, now: datetime) -> Policy:
    """The candidate: policy → run → release → answers."""
    name = run.project.slug
    taken = set(Policy.objects.filter(project=run.project, name=name).values_list("version", flat=True))
    version = next(number for number in count(1) if str(number) not in taken)
    digests = run.result.get("digests", {})
    return Policy.objects.create(
        project=run.project,
        name=name,
        version=str(version),
        origin=PolicyOrigin.TRAINED,
        base=run.result.get("base") or run.config.get("base", "tiny"),
        digest=next(iter(digests.values()), "") if len(digests) < 2 else combined(digests),
        parent=policies.champion(run.project),
        release=run.release,
        run=run,
        metrics=run.result.get("metrics", {}),
        created_at=now,
    )


def combined(digests: dict[str, str]) -> str:
    """One digest of several weight files."""
    return release_folders.text_digest(json.dumps(digests, sort_keys=True))
