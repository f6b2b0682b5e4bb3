"""What SFT and DPO share: the trainer's settings, one stage of training, and the start of a run."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import PrinterCallback, set_seed

from flywheel.records import BadInput
from flywheel.training import models, tiny
from flywheel.training.data import Data, Row, texts
from flywheel.training.models import Policy
from flywheel.training.progress import Progress, finite
from flywheel.training.result import Recorder
from flywheel.training.runs import Run, Stage

LOGS_A_STAGE = 100


def start(run: Run, data: Data) -> Policy:
    """Fix seed and threads, then load the base or make the tiny model; the order matters for the same seed, same weights."""
    torch.set_num_threads(run.threads)
    set_seed(run.seed)
    if run.base is not None:
        policy = models.load(run.base, is_trainable=run.lora)
    else:
        words = tiny.tokenizer(texts(data.preference["train"] + data.sft["train"]))
        policy = Policy(tiny.model(words, run.max_length), words, "tiny")
    built_for = models.longest(policy)
    if built_for is not None and run.max_length > built_for:
        raise BadInput(f"max_length is {run.max_length}, but {policy.base} was built for {built_for} tokens; lower it.")
    return policy


def settings(run: Run, stage: Stage, n_steps: int) -> dict[str, Any]:
    """What every TRL trainer is told; TRL's own defaults (bf16, gradient checkpointing) are for GPUs."""
    has_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(run.out),
        "max_steps": n_steps,
        "per_device_train_batch_size": run.batch,
        "per_device_eval_batch_size": run.batch,
        "learning_rate": run.rate(stage),
        "max_length": run.max_length,
        "seed": run.seed,
        "data_seed": run.seed,
        "bf16": False,
        "gradient_checkpointing": False,
        "use_cpu": not has_gpu,
        "dataloader_pin_memory": has_gpu,
        "logging_steps": max(1, n_steps // LOGS_A_STAGE),
        "logging_first_step": True,
        "eval_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def fit(trainer: Any, stage: Stage, rows: Sequence[Row], record: Recorder) -> None:
    """Train, evaluate where there are rows for it, and note the stage's numbers in the record."""
    if len(trainer.train_dataset) != len(rows):
        raise BadInput(
            f"TRL kept {len(trainer.train_dataset)} of {len(rows)} rows although all had passed the preflight."
        )
    progress = Progress(record.run.out / "metrics.jsonl", stage, record.deadline)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(progress)
    trainer.train()
    if trainer.eval_dataset is not None:
        trainer.evaluate()
    metrics: dict[str, Any] = {}
    for entry in trainer.state.log_history:
        metrics |= entry
    done = {
        "stage": stage,
        "rows": len(rows),
        "steps": trainer.state.global_step,
        "steps_planned": trainer.state.max_steps,
        "learning_rate": record.run.rate(stage),
        "train_loss": metrics.get("train_loss"),
        "is_out_of_time": progress.is_out_of_time,
    }
    record.facts.setdefault("stages", []).append(done)
    record.facts["metrics"] = finite(metrics)
