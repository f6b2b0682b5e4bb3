"""What a training run is doing, read from its folder."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation import bootstrap
from annotation.models import Run


def folder(run: Run) -> Path:
    """Where the run writes."""
    return Path(settings.RUNS_DIR) / str(run.pk)


def metrics(run: Run) -> list[dict[str, Any]]:
    """The lines written so far; a line still being written is left for the next look."""
    path = folder(run) / "metrics.jsonl"
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line, parse_constant=lambda _: None) for line in lines[:-1] if line]


CURVES = (
    ("Loss", "loss", (("loss", "train"), ("eval_loss", "test"))),
    (
        "Reward margin: chosen minus rejected",
        "margin",
        (("rewards/margins", "train"), ("eval_rewards/margins", "test")),
    ),
    ("Share of pairs ranked right", "share", (("rewards/accuracies", "train"), ("eval_rewards/accuracies", "test"))),
)
LOG_LINES = 40


def curves(lines: list[dict[str, Any]], stage: str) -> list[dict[str, Any]]:
    """The plots of one stage: {title, y_label, series: [{label, points: [(step, value)]}]}; empty ones are left out."""
    mine = [line for line in lines if line.get("stage") == stage]
    drawn = []
    for title, y_label, wanted in CURVES:
        series = [{"label": label, "points": points(mine, key)} for key, label in wanted]
        series = [one for one in series if one["points"]]
        if series:
            drawn.append({"title": title, "y_label": y_label, "series": series})
    return drawn


def points(lines: list[dict[str, Any]], key: str) -> list[tuple[int, float]]:
    """(step, value) wherever the trainer logged this figure."""
    return [(line["step"], round(line[key], 4)) for line in lines if line.get(key) is not None and "step" in line]


def stages(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How far each stage is: {stage, step, steps, seconds}, in order."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        found[line["stage"]] = {
            "stage": line["stage"], "step": line.get("step", 0), "steps": line["steps"], "seconds": line["seconds"],
        }  # fmt: skip
    return list(found.values())


def log_tail(run: Run) -> str:
    """The last lines the trainer printed."""
    path = Path(settings.RUNS_DIR) / f"{run.pk}.log"
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64 * 1024))
        return "\n".join(file.read().decode("utf-8", errors="replace").splitlines()[-LOG_LINES:])


def training_ready() -> bool:
    """Whether runs can train: the training stack is installed here to the end, or workers elsewhere have it."""
    return settings.TRAINING_ELSEWHERE or bootstrap.training_is_ready()
