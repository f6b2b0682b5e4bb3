"""What is left out of a release, and why."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "tie", "both_bad", "environment_diverged", "identical", "one_side_ended", "empty_answer", "no_prompt", "bad_message",
    "few_annotators", "low_agreement", "unsure", "judge_inconsistent", "judge_biased",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Excluded:
    """What was left out of a release, and why."""

    pair_id: str
    reason: Reason
    detail: str
