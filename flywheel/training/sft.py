"""Supervised fine-tuning on answers to imitate: a run of its own, or the warm-up before DPO."""

from collections.abc import Sequence

from peft import LoraConfig, PeftModel
from trl import SFTConfig, SFTTrainer

from flywheel.training import data, loop, models, preflight
from flywheel.training.data import Row
from flywheel.training.models import Policy
from flywheel.training.result import Recorder
from flywheel.training.runs import Run, SftRun


def train(run: SftRun) -> None:
    """Run SFT and leave the run folder behind; BadInput if release or settings cannot be used."""
    with Recorder(run) as record:
        release = data.load(run.release)
        record.facts["release"] = {"id": release.id, "folder": str(run.release)}
        policy = loop.start(run, release)
        rows = data.imitable(release)
        screened = preflight.screen(rows, policy.words, run.max_length)
        record.facts |= {"base": policy.base, **screened.counted(len(rows))}
        preflight.refuse_nothing(screened, "sft", run.max_length)
        n_steps = run.planned("sft", len(screened.kept), run.steps)
        if run.lora and run.base is None:
            models.save_beside(policy, run.out)
        imitate(policy, run, screened.kept, n_steps, record, adapter=lora(run, policy))
        record.facts["artifact"] = models.save(policy, run.out)


def imitate(
    policy: Policy, run: Run, rows: Sequence[Row], n_steps: int, record: Recorder, *, adapter: LoraConfig | None = None
) -> None:
    """Train the policy in place on the answers (the loss counts answer tokens only)."""
    trainer = SFTTrainer(
        model=policy.model,
        args=SFTConfig(**loop.settings(run, "sft", n_steps), completion_only_loss=True),
        train_dataset=data.dataset(rows),
        processing_class=policy.words,
        peft_config=adapter,
    )
    loop.fit(trainer, "sft", rows, record)
    policy.model = trainer.model


def lora(run: Run, policy: Policy) -> LoraConfig | None:
    """A new adapter on all linear layers if the run asks for one and the policy has none yet (Hu et al. 2022)."""
    if not run.lora or isinstance(policy.model, PeftModel):
        return None
    return LoraConfig(r=run.lora_rank, lora_alpha=2 * run.lora_rank, target_modules="all-linear", task_type="CAUSAL_LM")
