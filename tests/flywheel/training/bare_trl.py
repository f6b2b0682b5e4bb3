"""A bare TRL script, as anybody would write it: load a release, train, print what came of it. Arguments: release, model."""

import json
import sys

from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

release, model, cache = sys.argv[1:]
quiet = {"output_dir": cache, "max_steps": 3, "bf16": False, "gradient_checkpointing": False, "use_cpu": True}
quiet |= {"report_to": "none", "save_strategy": "no", "per_device_train_batch_size": 4, "disable_tqdm": True}
tokenizer = AutoTokenizer.from_pretrained(model)
found = {}
for kind, config, trainer_of in (("preference", DPOConfig, DPOTrainer), ("sft", SFTConfig, SFTTrainer)):
    files = {split: f"{release}/{kind}/{split}.jsonl" for split in ("train", "test")}
    splits = load_dataset("json", data_files=files, cache_dir=cache)
    trainer = trainer_of(
        model=AutoModelForCausalLM.from_pretrained(model, dtype="float32"),
        args=config(**quiet),
        train_dataset=splits["train"],
        processing_class=tokenizer,
    )
    trained_on = tokenizer.decode(trainer.train_dataset[0].get("input_ids") or trainer.train_dataset[0]["prompt_ids"])
    trainer.train()
    lines = [json.loads(line) for line in open(files["train"])]
    parquet = load_dataset("parquet", data_files=files["train"].replace("jsonl", "parquet"), cache_dir=cache)["train"]
    found[kind] = {
        "rows": len(trainer.train_dataset),
        "unchanged": list(splits["train"]) == lines and list(parquet) == lines,
        "steps": trainer.state.global_step,
        "text": trained_on,
    }
print(json.dumps(found))
