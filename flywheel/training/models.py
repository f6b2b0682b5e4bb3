"""Models in and out: a tiny one made here, a Hugging Face model, or the policy of an earlier run, with or without adapter."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from flywheel.records import JSON, BadInput
from flywheel.training import tiny


@dataclass(slots=True)
class Policy:
    """A model (with or without adapter) with its tokenizer.

    `base` says where it came from; `beside` is the folder of the weights its adapter belongs to, if a run made them.
    """

    # Any: the libraries' own annotations of models and tokenizers contradict one another.
    model: Any
    words: Any
    base: str
    beside: Path | None = None


def load(name: str, *, is_trainable: bool = False) -> Policy:
    """A model by name or folder (also a run's folder), in 32-bit floats; its adapter merged unless it is to be trained on.

    A tokenizer without a chat template gets the tiny model's. BadInput if nothing usable is there.
    """
    adapter = _adapter(Path(name))
    beside = _beside(adapter) if adapter else None
    place = str(beside or (_named_base(adapter) if adapter else _model(name)))
    try:
        words = AutoTokenizer.from_pretrained(place)
        model: Any = AutoModelForCausalLM.from_pretrained(place, dtype="float32")
    except (OSError, ValueError) as problem:
        reason = str(problem).splitlines()[0]
        raise BadInput(
            f"The model {name} cannot be loaded; give a folder or a cached Hugging Face name ({reason})"
        ) from problem
    if words.chat_template is None:
        words.chat_template = tiny.TEMPLATE.replace(tiny.END, words.eos_token or tiny.END)
    if words.pad_token is None:
        words.pad_token = words.eos_token
    if adapter:
        model = PeftModel.from_pretrained(model, adapter, is_trainable=is_trainable)
        model = model if is_trainable else model.merge_and_unload()
    return Policy(model, words, name, beside)


def save(policy: Policy, out: Path) -> str:
    """Write the weights (safetensors only) into a run folder: "adapter" for adapter weights, otherwise "model"."""
    if isinstance(policy.model, PeftModel):
        policy.model.save_pretrained(str(out / "adapter"), selected_adapters=["default"])
        if policy.beside and policy.beside != out / "base":
            shutil.copytree(policy.beside, out / "base")
        return "adapter"
    _save_model(policy, out / "model")
    return "model"


def save_beside(policy: Policy, out: Path) -> None:
    """Keep the weights a new adapter will be trained on, because they exist nowhere else, and let it name them."""
    policy.beside = out / "base"
    _save_model(policy, policy.beside)
    policy.model.config._name_or_path = "base"


def _save_model(policy: Policy, folder: Path) -> None:
    policy.model.save_pretrained(folder)
    policy.words.save_pretrained(folder)


def ready(policy: Policy, threads: int) -> Policy:
    """The policy set to answer rather than learn, on a GPU if there is one."""
    torch.set_num_threads(threads)
    policy.model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
    return policy


def render(words: Any, messages: Sequence[JSON], tools: Sequence[JSON] | None, *, is_prompt: bool) -> list[int]:
    """The tokens of a conversation; a prompt ends where the assistant begins to speak."""
    return words.apply_chat_template(
        list(messages), tools=tools or None, add_generation_prompt=is_prompt, return_dict=True
    )["input_ids"]


def longest(policy: Policy) -> int | None:
    """How many tokens the model was built for; None if it does not say."""
    return getattr(policy.model.config.get_text_config(), "max_position_embeddings", None)


def _model(name: str) -> str:
    return str(Path(name) / "model") if (Path(name) / "model").is_dir() else name


def _adapter(folder: Path) -> Path | None:
    places = (folder, folder / "adapter")
    return next((place for place in places if (place / "adapter_config.json").is_file()), None)


def _beside(adapter: Path) -> Path | None:
    """The weights a run saved with its adapter, because they are nowhere else."""
    return adapter.parent / "base" if (adapter.parent / "base").is_dir() else None


def _named_base(adapter: Path) -> str:
    return json.loads((adapter / "adapter_config.json").read_bytes())["base_model_name_or_path"]
