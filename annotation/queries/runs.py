"""What a training run is doing, read from its folder."""

import importlib.util
import json
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.models import Run

TRAINING = ("torch", "transformers", "trl")


def folder(run: Run) -> Path:
    """Where the run writes."""
    return Path(settings.RUNS_DIR) / str(run.pk)


def metrics(run: Run) -> list[dict[str, Any]]:
    """The lines written so far; a line still being written is left for the next look."""
    path = folder(run) / "metrics.jsonl"
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]


def training_ready() -> bool:
    """Whether the training stack is installed; looked up without importing it."""
    return all(importlib.util.find_spec(name) is not None for name in TRAINING)
