"""The record of a run: config.json when it begins, result.json however it ends."""

import json
import signal
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from flywheel.datasets.files import digest
from flywheel.records import BadInput
from flywheel.training.runs import Run

LIBRARIES = ("torch", "transformers", "trl", "peft", "datasets", "tokenizers", "accelerate")


class Cancelled(Exception):
    """The run was told to stop (SIGTERM or Ctrl-C)."""


class Recorder:
    """`with Recorder(run) as record:` writes result.json with the status done, cancelled or failed; it swallows nothing.

    `record.facts` is what the run adds: rows, stages, metrics, the artifact.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.facts: dict[str, Any] = {}
        self.began_at = datetime.now(UTC)
        self.deadline = time.monotonic() + 60 * run.max_minutes if run.max_minutes else None

    def __enter__(self) -> "Recorder":
        self.run.out.mkdir(parents=True, exist_ok=True)
        if (self.run.out / "config.json").exists():
            raise BadInput(f"{self.run.out} already holds a run; choose a new folder.")
        self.run.save()
        self.handlers = {number: signal.signal(number, _cancel) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        status = "done" if error is None else "cancelled" if isinstance(error, Cancelled) else "failed"
        ended_at = datetime.now(UTC)
        result = {
            "status": status,
            "error": None if error is None else _sentence(error),
            "kind": type(self.run).__name__.removesuffix("Run").lower(),
            "began_at": self.began_at.isoformat(),
            "ended_at": ended_at.isoformat(),
            "seconds": round((ended_at - self.began_at).total_seconds(), 3),
            "seed": self.run.seed,
            "threads": self.run.threads,
            "versions": {library: version(library) for library in LIBRARIES},
            **self.facts,
            "digests": digests(self.run.out) if error is None else {},
        }
        draft = self.run.out / ".result.json"
        draft.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(self.run.out / "result.json")


def digests(folder: Path) -> dict[str, str]:
    """sha256 of each file of weights under a folder."""
    return {path.relative_to(folder).as_posix(): digest(path) for path in sorted(folder.rglob("*.safetensors"))}


def _cancel(number: int, _: FrameType | None) -> None:
    raise Cancelled(f"The run was stopped by {signal.Signals(number).name}.")


def _sentence(error: BaseException) -> str:
    if isinstance(error, BadInput | Cancelled):
        return str(error)
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    return f"Training broke off with {type(error).__name__}: {first_line}"
