"""Pair features z = φ(a) − φ(b): embedding differences in few dimensions, and plain figures of both sides."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flywheel.records import JSON, BadInput, NotEnoughData, Trace

DIMENSIONS = 128
SAMPLE = 4000  # rows that the axes are fitted on
CLIP = 5.0  # root mean squares beyond which a figure says no more
TRACE_FIGURES = ("log_length", "steps", "tool_errors")


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """Axes (3e, d) that embedding differences are laid on, and the size of each named figure.

    All axes together weigh as much as one figure: on real preferences this beat equal weights by far.
    """

    axes: np.ndarray
    names: tuple[str, ...]
    scale: np.ndarray

    def features(self, prompt: np.ndarray, a: np.ndarray, b: np.ndarray, figures: np.ndarray) -> np.ndarray:
        """(n, d + figures) from (n, e) embeddings and (n, figures) values of a minus those of b."""
        plain = np.clip(np.nan_to_num(figures) / self.scale, -CLIP, CLIP)
        return np.concatenate([_differences(prompt, a, b) @ self.axes, plain], axis=1)

    def to_bytes(self) -> bytes:
        """The map as an .npz file."""
        stored = io.BytesIO()
        np.savez(stored, axes=self.axes.astype(np.float32), names=np.array(self.names, dtype="U"), scale=self.scale)
        return stored.getvalue()


def from_bytes(stored: bytes) -> FeatureMap:
    """The map of an .npz file."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        names = tuple(str(name) for name in arrays["names"])
        return FeatureMap(arrays["axes"].astype(float), names, arrays["scale"])


def fit_map(
    prompt: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    figures: np.ndarray,
    names: Sequence[str],
    *,
    rng: np.random.Generator,
    dimensions: int = DIMENSIONS,
) -> FeatureMap:
    """The map for a pool: principal axes of its embedding differences, not centred, so that a and b stay symmetric.

    Takes (n, e) embeddings and (n, len(names)) differences of figures; labels are not needed.
    """
    if not len(a):
        raise NotEnoughData("pairs to fit features on", 0, 1)
    if figures.shape != (len(a), len(names)):
        raise BadInput(f"{len(names)} figures are named, but the array of figures is {figures.shape}.")
    rows = rng.permutation(len(a))[:SAMPLE]
    differences = _differences(prompt[rows], a[rows], b[rows])
    _, directions = np.linalg.eigh(differences.T @ differences)
    axes = directions[:, ::-1][:, :dimensions]
    size = math.sqrt(max(float(((differences @ axes) ** 2).sum(axis=1).mean()), 1e-12))
    plain = np.nan_to_num(figures)
    largest = np.maximum(np.abs(plain).max(axis=0), np.finfo(float).tiny)  # squares of large figures overflow
    sizes = largest * np.sqrt(np.mean((plain / largest) ** 2, axis=0))
    return FeatureMap(axes / size, tuple(names), np.where(sizes > 0, sizes, 1.0))


def _differences(prompt: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, 3e) of [a, q·a, |q − a|] minus the same of b."""
    q, left, right = (np.asarray(side, dtype=float) for side in (prompt, a, b))
    return np.concatenate([left - right, q * (left - right), np.abs(q - left) - np.abs(q - right)], axis=1)


def log_length(text: str) -> float:
    """log(1 + characters) of a text."""
    return math.log1p(len(text))


def trace_figures(trace: Trace) -> dict[str, float]:
    """TRACE_FIGURES of one episode: log characters that the agent said, steps, and failed tool calls."""
    said = sum(len(str(step.thought or "")) + len(str(step.action)) for step in trace.steps)
    errors = sum(_has_failed(step.observation) for step in trace.steps)
    return {"log_length": math.log1p(said), "steps": float(len(trace.steps)), "tool_errors": float(errors)}


def _has_failed(observation: JSON) -> bool:
    if isinstance(observation, list):
        return any(_has_failed(part) for part in observation)
    if isinstance(observation, Mapping):
        return bool(observation.get("error")) or _has_failed(observation.get("content"))
    return isinstance(observation, str) and observation.lstrip(' {["').lower().startswith(("error", "traceback"))


def figure_differences(
    a: Sequence[Mapping[str, float]], b: Sequence[Mapping[str, float]], names: Sequence[str]
) -> np.ndarray:
    """(n, names) figures of a minus those of b; 0 where one side lacks a figure."""
    rows = [
        [left[name] - right[name] if name in left and name in right else 0.0 for name in names]
        for left, right in zip(a, b, strict=True)
    ]
    return np.array(rows, dtype=float).reshape(len(a), len(names))


def log_odds(probability: np.ndarray) -> np.ndarray:
    """(n,) a judge's P(a) as log-odds; 0 where the judge was not asked (NaN)."""
    p = np.clip(np.where(np.isnan(probability), 0.5, probability), 0.01, 0.99)
    return np.log(p / (1 - p))
