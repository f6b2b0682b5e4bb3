"""Direct preference optimisation (Rafailov et al. 2023) on a release, after a warm-up by imitation."""

import copy
from collections.abc import Sequence
from typing import Any

from peft import PeftModel
from transformers import set_seed
from trl import DPOConfig, DPOTrainer

from flywheel.training import data, loop, models, preflight
from flywheel.training.data import Data, Row
from flywheel.training.models import Policy
from flywheel.training.preflight import Screened
from flywheel.training.result import Recorder
from flywheel.training.runs import DpoRun
from flywheel.training.sft import imitate, lora


def train(run: DpoRun) -> None:
    """Warm up, run DPO and leave the run folder behind; BadInput if release or settings cannot be used."""
    with Recorder(run) as record:
        release = data.load(run.release)
        record.facts["release"] = {"id": release.id, "folder": str(run.release)}
        policy = loop.start(run, release)
        pairs = {split: _screen(release.preference[split], policy, run) for split in ("train", "test")}
        record.facts |= {
            "base": policy.base,
            **pairs["train"].counted(len(release.preference["train"])),
            "test": pairs["test"].counted(len(release.preference["test"])),
        }
        preflight.refuse_nothing(pairs["train"], "preference", run.max_length)
        _warm_up(policy, run, release, record)
        _prefer(policy, run, pairs, record)
        record.facts["artifact"] = models.save(policy, run.out)


def _screen(rows: Sequence[Row], policy: Policy, run: DpoRun) -> Screened:
    return preflight.screen(rows, policy.words, run.max_length)


def _warm_up(policy: Policy, run: DpoRun, release: Data, record: Recorder) -> None:
    rows = data.imitable(release)
    screened = _screen(rows, policy, run)
    given = run.warmup_steps if run.base is None or run.warmup_steps is not None else 0
    n_steps = run.planned("sft", len(screened.kept), given)
    record.facts["warmup"] = screened.counted(len(rows))
    if n_steps and screened.kept:
        imitate(policy, run, screened.kept, n_steps, record)
    if run.lora and not isinstance(policy.model, PeftModel) and (n_steps or run.base is None):
        models.save_beside(policy, run.out)


def _prefer(policy: Policy, run: DpoRun, pairs: dict[str, Screened], record: Recorder) -> None:
    adapter, train_rows, test_rows = lora(run, policy), pairs["train"].kept, pairs["test"].kept
    # With an adapter TRL's reference is the policy without it. Otherwise it must be given: left out, TRL would load the
    # reference from the model's name, which is not the warmed-up model, or nothing at all.
    is_adapted = adapter is not None or isinstance(policy.model, PeftModel)
    n_steps = run.planned("dpo", len(train_rows), run.steps)
    set_seed(run.seed)
    trainer = DPOTrainer(
        model=policy.model,
        ref_model=None if is_adapted else copy.deepcopy(policy.model),
        args=DPOConfig(**loop.settings(run, "dpo", n_steps), **_loss(run)),
        train_dataset=data.dataset(train_rows),
        eval_dataset=data.dataset(test_rows) if test_rows else None,
        processing_class=policy.words,
        peft_config=adapter,
    )
    loop.fit(trainer, "dpo", train_rows, record)
    policy.model = trainer.model


def _loss(run: DpoRun) -> dict[str, Any]:
    # TRL ignores label_smoothing in the sigmoid loss without a word, so it is only ever given to the robust one.
    smoothing = {} if run.flip_prob is None else {"label_smoothing": run.flip_prob}
    return {"beta": run.beta, "loss_type": [run.loss_type], **smoothing}
