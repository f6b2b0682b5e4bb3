"""Answers of a policy: prompts in, one assistant message each out."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from flywheel.records import JSON, BadInput
from flywheel.training import models
from flywheel.training.lines import read
from flywheel.training.models import Policy

CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)


def generate(
    policy_dir: str, prompts: Path, out: Path, *, seed: int, temperature: float, max_new_tokens: int, threads: int
) -> int:
    """Write {"id", "message"} for each {"id", "prompt", "tools"?} and return how many; temperature 0 = the likeliest words.

    Each prompt is drawn with its own seed (from `seed` and its id), so order and neighbours change nothing.
    """
    asked = list(read(prompts, ("id", "prompt")))
    policy = models.ready(models.load(policy_dir), threads)
    draft = out.with_name(out.name + ".part")
    with draft.open("w", encoding="utf-8") as file:
        for row in asked:
            torch.manual_seed(_seed(seed, str(row["id"])))
            message = _answer(policy, row, temperature, max_new_tokens)
            file.write(json.dumps({"id": row["id"], "message": message}, ensure_ascii=False) + "\n")
    draft.replace(out)
    return len(asked)


def message_of(text: str) -> dict[str, JSON]:
    """An assistant message from generated text; calls are written as <tool_call>{"name", "arguments"}</tool_call>."""
    calls = list(_calls(text))
    content = CALL.sub("", text).strip() if calls else text.strip()
    return {"role": "assistant", "content": content} | ({"tool_calls": calls} if calls else {})


def _answer(policy: Policy, row: dict[str, Any], temperature: float, max_new_tokens: int) -> dict[str, JSON]:
    prompt = row["prompt"] if isinstance(row["prompt"], list) else [{"role": "user", "content": row["prompt"]}]
    ids = models.render(policy.words, prompt, row.get("tools"), is_prompt=True)
    asked = torch.tensor([ids], device=policy.model.device)
    room = (models.longest(policy) or len(ids) + max_new_tokens) - len(ids)
    if room < 1:
        raise BadInput(f"Prompt {row['id']!r} has {len(ids)} tokens, more than the model can read; shorten it.")
    drawn = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
    with torch.inference_mode():
        whole = policy.model.generate(
            asked,
            attention_mask=torch.ones_like(asked),
            max_new_tokens=min(room, max_new_tokens),
            pad_token_id=policy.words.pad_token_id,
            eos_token_id=policy.words.eos_token_id,
            **drawn,
        )
    return message_of(policy.words.decode(whole[0, len(ids) :].tolist(), skip_special_tokens=True))


def _calls(text: str) -> Iterator[dict[str, JSON]]:
    for written in CALL.findall(text):
        try:
            call = json.loads(written)
        except json.JSONDecodeError:
            continue  # The agent tried to call and failed: nothing can be run.
        if isinstance(call, dict) and isinstance(call.get("name"), str):
            yield {"type": "function", "function": {"name": call["name"], "arguments": call.get("arguments") or {}}}


def _seed(seed: int, name: str) -> int:
    return int.from_bytes(sha256(f"{seed}:{name}".encode()).digest()[:7], "big")
