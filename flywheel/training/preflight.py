"""A look at every row before training: what cannot be learnt from is dropped, counted and named, never silently."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from transformers import PreTrainedTokenizerBase
from trl.data_utils import common_prefix_length

from flywheel.datasets import messages as chat
from flywheel.records import BadInput
from flywheel.training.data import Row
from flywheel.training.models import render

Why = Literal["bad_roles", "empty", "identical", "prompt_too_long", "same_when_cut"]


@dataclass(frozen=True, slots=True)
class Screened:
    """The rows that are left, the dropped ones (id → why), and the ids of those whose answer is cut at max_length."""

    kept: list[Row] = field(default_factory=list)
    dropped: dict[str, Why] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)

    def counted(self, rows_in: int) -> dict[str, Any]:
        """What result.json says of it."""
        dropped = [{"id": name, "reason": why} for name, why in self.dropped.items()]
        return {"rows_in": rows_in, "rows_used": len(self.kept), "rows_dropped": dropped, "rows_cut": self.cut}


def screen(rows: Sequence[Row], words: PreTrainedTokenizerBase, max_length: int) -> Screened:
    """Sort the rows of a release by whether a trainer with this tokenizer and length can learn from them."""
    result = Screened()
    for row in rows:
        name = row.get("pair_id") or row["row_id"]
        answers = [row[column] for column in ("chosen", "rejected", "completion") if column in row]
        why, is_cut = _look(row, answers, words, max_length)
        if why:
            result.dropped[name] = why
            continue
        result.kept.append(row)
        if is_cut:
            result.cut.append(name)
    return result


def refuse_nothing(screened: Screened, what: str, max_length: int) -> None:
    """BadInput if no row is left to train on."""
    if not screened.kept:
        reasons = ", ".join(sorted(set(screened.dropped.values()))) or "there were none"
        raise BadInput(f"No {what} row is left to train on with max_length {max_length} ({reasons}); raise max_length.")


def _look(
    row: Row, answers: list[list[chat.Message]], words: PreTrainedTokenizerBase, max_length: int
) -> tuple[Why | None, bool]:
    if not row["prompt"] or any([message["role"] for message in answer] != ["assistant"] for answer in answers):
        return "bad_roles", False
    if any(chat.is_empty(answer[0]) for answer in answers):
        return "empty", False
    if len(answers) == 2 and chat.same(answers[0][0], answers[1][0]):
        return "identical", False
    return _measure(row, answers, words, max_length)


def _measure(
    row: Row, answers: list[list[chat.Message]], words: PreTrainedTokenizerBase, max_length: int
) -> tuple[Why | None, bool]:
    """The trainer's own rule: what the prompt and the answer have in common is the prompt; then all is cut at the end."""
    tools = json.loads(row["tools"]) if row["tools"] else None
    asked = render(words, row["prompt"], tools, is_prompt=True)
    whole = [render(words, row["prompt"] + answer, tools, is_prompt=False) for answer in answers]
    if min(common_prefix_length(asked, ids) for ids in whole) >= max_length:
        return "prompt_too_long", False
    if len(whole) == 2 and whole[0][:max_length] == whole[1][:max_length]:
        return "same_when_cut", False
    return None, any(len(ids) > max_length for ids in whole)
