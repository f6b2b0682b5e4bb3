"""How likely a model finds an answer: the mean log-probability of its tokens, in nats. No order, so no position bias."""

import json
from pathlib import Path
from typing import Any

import torch
from trl.data_utils import common_prefix_length

from flywheel.records import BadInput
from flywheel.training import models
from flywheel.training.lines import read
from flywheel.training.models import Policy

ASKED = "Question: {}\nAnswer:"


def score(base: str, source: Path, out: Path, *, max_length: int, threads: int) -> int:
    """Write {"id", "mean_logprob", "tokens"} for each {"id", "prompt", "answer"} (texts, or messages) and return how many.

    What is longer than max_length tokens loses the beginning of its prompt.
    """
    asked = list(read(source, ("id", "prompt", "answer")))
    policy = models.ready(models.load(base), threads)
    longest = min(max_length, models.longest(policy) or max_length)
    draft = out.with_name(out.name + ".part")
    with draft.open("w", encoding="utf-8") as file:
        for row in asked:
            mean, tokens = _mean_logprob(policy, row, longest)
            file.write(json.dumps({"id": row["id"], "mean_logprob": mean, "tokens": tokens}) + "\n")
    draft.replace(out)
    return len(asked)


def _mean_logprob(policy: Policy, row: dict[str, Any], longest: int) -> tuple[float, int]:
    prompt, whole = _as_chat(policy, row) if isinstance(row["prompt"], list) else _as_text(policy, row)
    tokens = len(whole) - common_prefix_length(prompt, whole)
    if not 0 < tokens < longest:
        raise BadInput(f"The answer of {row['id']!r} has {tokens} tokens; it needs 1 to {longest - 1}.")
    ids = torch.tensor([whole[-longest:]], device=policy.model.device)
    with torch.inference_mode():
        logits = policy.model(input_ids=ids).logits[0, :-1].float()
    each = logits.log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
    return float(each[-tokens:].mean()), tokens


def _as_chat(policy: Policy, row: dict[str, Any]) -> tuple[list[int], list[int]]:
    answer = row["answer"] if isinstance(row["answer"], dict) else {"role": "assistant", "content": row["answer"]}
    prompt = models.render(policy.words, row["prompt"], row.get("tools"), is_prompt=True)
    return prompt, models.render(policy.words, [*row["prompt"], answer], row.get("tools"), is_prompt=False)


def _as_text(policy: Policy, row: dict[str, Any]) -> tuple[list[int], list[int]]:
    asked = ASKED.format(row["prompt"])
    answer = str(row["answer"]).strip()
    return policy.words(asked)["input_ids"], policy.words(f"{asked} {answer}" if answer else asked)["input_ids"]
