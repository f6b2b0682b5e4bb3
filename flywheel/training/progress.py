"""Live progress: one JSON line in metrics.jsonl for each log of the trainer."""

import json
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class Progress(TrainerCallback):
    """Appends what the trainer logs, and stops it when the time is up (deadline: seconds of the monotonic clock)."""

    def __init__(self, path: Path, stage: str, deadline: float | None) -> None:
        self.path, self.stage, self.deadline = path, stage, deadline
        self.began = time.monotonic()
        self.is_out_of_time = False

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Append the newest entry: stage, step, steps in all, seconds since the stage began, and TRL's own metrics."""
        # The logs handed over may hold formatted texts; the history holds the numbers.
        entry = {
            "stage": self.stage,
            "steps": state.max_steps,
            "seconds": round(time.monotonic() - self.began, 3),
            **state.log_history[-1],
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite(entry)) + "\n")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Stop after this step if the time is up."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.is_out_of_time = True
            control.should_training_stop = True


def finite(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with NaN and infinities, which JSON has no word for, as null."""
    return {
        key: None if isinstance(value, float) and not abs(value) < float("inf") else value
        for key, value in entry.items()
    }
