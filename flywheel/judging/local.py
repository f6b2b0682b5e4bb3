"""Judges that need no endpoint: topical closeness of an embedding, and likelihood under a small language model.

Both score each answer by itself, so the order of sides cannot sway them.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

import flywheel
from flywheel.judging.judge import JudgeFailed, Side, lean, sigmoid
from flywheel.judging.prompt import as_text
from flywheel.records import JSON, Pair, Verdict

# Not the environment as it stands: a model's process must see no database address and no keys.
KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "HF_HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1"}


class Embedder(Protocol):
    """What turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) vectors of n texts."""
        ...


@dataclass(frozen=True, slots=True)
class EmbeddingJudge:
    """Prefers the answer closer to its question: P(a) = sigmoid(scale · (cos(q, a) − cos(q, b))).

    It sees topic, not truth: with MiniLM it tells an off-topic answer, but on pairs where both are on topic it is at
    chance (right on 152 of 298 of PandaLM), so it has to pass the gate in each project before it is used.
    """

    embedder: Embedder
    # Fitted to people's answers: 1.3 on PandaLM (95 % interval 0.6 to 2.7), 3.2 on LLMBar Neighbor (1.7 to 5.9).
    scale: float = 2.0
    name: str = "embedding"

    def ask(self, pair: Pair, first: Side) -> Verdict:
        """The verdict; the same whichever side comes first."""
        started = time.monotonic()
        question, a, b = self.embedder.embed([question_text(pair.prompt), as_text(pair.a), as_text(pair.b)])
        score = self.scale * (_cosine(question, a) - _cosine(question, b))
        return _verdict(self.name, pair, first, score, latency_ms=1000 * (time.monotonic() - started))


def question_text(prompt: JSON) -> str:
    """What is asked: a prompt's text, or the last thing a user said in its messages."""
    if isinstance(prompt, str):
        return as_text(prompt)
    said = [message for message in prompt if message.get("role") == "user"]
    return as_text(said[-1:] or prompt)


def _cosine(left: np.ndarray, right: np.ndarray) -> float:
    """Cosine of two vectors; 0 when one of them is null."""
    size = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(left @ right) / size if size > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """How a model likes one answer: mean log-probability per answer token (nats), and the tokens it read."""

    mean_logprob: float
    tokens: int
    latency_ms: float


class LikelihoodJudge:
    """Prefers the answer a language model finds likelier: P(a) = sigmoid(scale · (mean log p(a) − mean log p(b))).

    The mean per token, not the sum, which would reward short answers. It likes fluent text. The model runs in a
    subprocess (`python -m flywheel score`); `prepare` scores many pairs in one, `ask` alone starts one for its pair.
    """

    def __init__(self, base: str, *, scale: float = 1.0, timeout_s: float = 900.0) -> None:
        self.base, self.scale, self.timeout_s = base, scale, timeout_s
        self.name = f"likelihood:{Path(base).name}"
        self._known: dict[str, _Likelihood | None] = {}

    def prepare(self, pairs: Sequence[Pair]) -> None:
        """Score all answers of these pairs in one subprocess; raises JudgeFailed."""
        rows = {_key(pair.prompt, answer): (pair.prompt, answer) for pair in pairs for answer in (pair.a, pair.b)}
        self._known |= {key: None for key, (_, answer) in rows.items() if not as_text(answer).strip()}
        missing = {key: _row(prompt, answer) for key, (prompt, answer) in rows.items() if key not in self._known}
        if missing:
            self._known |= _score(missing, self.base, self.timeout_s)

    def ask(self, pair: Pair, first: Side) -> Verdict:
        """The verdict; the same whichever side comes first. Raises JudgeFailed."""
        self.prepare([pair])
        a, b = (self._known[_key(pair.prompt, answer)] for answer in (pair.a, pair.b))
        if a is None or b is None:
            raise JudgeFailed("The scorer gave no score for one of the answers.", is_temporary=False)
        score = self.scale * (a.mean_logprob - b.mean_logprob)
        latency_ms = a.latency_ms + b.latency_ms
        return _verdict(self.name, pair, first, score, input_tokens=a.tokens + b.tokens, latency_ms=latency_ms)


def _verdict(judge: str, pair: Pair, first: Side, score: float, *, latency_ms: float, input_tokens: int = 0) -> Verdict:
    """The verdict of a score, the log-odds of a."""
    return Verdict(
        item=pair.item,
        judge=judge,
        first=first,
        label=lean(score),
        probability=sigmoid(score),
        input_tokens=input_tokens,
        latency_ms=latency_ms,
    )


def _key(prompt: JSON, answer: JSON) -> str:
    return json.dumps([prompt, answer], sort_keys=True)


def _row(prompt: JSON, answer: JSON) -> dict[str, JSON]:
    """What the scorer reads: one message keeps its tool calls; of several, it sees the text."""
    if isinstance(prompt, list) and isinstance(answer, list) and len(answer) == 1:
        return {"prompt": prompt, "answer": answer[0]}
    return {"prompt": prompt, "answer": as_text(answer)}


def _score(rows: Mapping[str, dict[str, JSON]], base: str, timeout_s: float) -> dict[str, _Likelihood | None]:
    """Run the model over prompts and answers in a process of its own; the result by the rows' keys, None where the
    model could say nothing."""
    with tempfile.TemporaryDirectory() as folder:
        asked, scored = Path(folder, "asked.jsonl"), Path(folder, "scored.jsonl")
        lines = [json.dumps({"id": str(n), **row}) for n, row in enumerate(rows.values())]
        asked.write_text("\n".join(lines) + "\n", encoding="utf-8")
        started = time.monotonic()
        _run([sys.executable, "-m", "flywheel", "score", "--base", base, str(asked), str(scored)], timeout_s)
        latency_ms = 1000 * (time.monotonic() - started) / len(rows)
        try:
            by_id = {row["id"]: row for row in map(json.loads, scored.read_text(encoding="utf-8").splitlines())}
            return {key: _likelihood(by_id[str(n)], latency_ms) for n, key in enumerate(rows)}
        except (OSError, ValueError, KeyError, TypeError):
            raise JudgeFailed("The scorer's answer could not be read.", is_temporary=False) from None


def _likelihood(row: Mapping[str, JSON], latency_ms: float) -> _Likelihood | None:
    """One line of the scorer; None when its figure is missing or not finite."""
    mean = row["mean_logprob"]
    if mean is None or not math.isfinite(mean):
        return None
    return _Likelihood(float(mean), int(row["tokens"]), latency_ms)


def _run(command: list[str], timeout_s: float) -> None:
    """Run the scorer without network, keys or database address; raises JudgeFailed with its last words."""
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    environment |= OFFLINE | {"PYTHONPATH": str(Path(flywheel.__file__).parents[1])}
    try:
        done = subprocess.run(
            command, env=environment, timeout=timeout_s, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise JudgeFailed(f"The scorer took longer than {timeout_s:g} s.", is_temporary=True) from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise JudgeFailed(f"The scorer failed: {last[:300]}", is_temporary=done.returncode != 2)
