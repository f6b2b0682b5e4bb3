"""What a training run is told to do: one frozen record, checked when built and saved as config.json."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from flywheel.records import BadInput

LORA_RATE, FULL_RATE = 2e-4, 5e-6
# A model that begins with random weights has to learn to speak before it can prefer (tuned on two cores: 200 steps give
# well-formed tool calls on 100 rows, in 5 s).
TINY_IMITATION_RATE, TINY_PREFERENCE_RATE, TINY_IMITATION_STEPS = 3e-3, 5e-4, 200
Stage = Literal["sft", "dpo"]
WHOLE = {"seed": 0, "steps": 1, "batch": 1, "max_length": 16, "lora_rank": 1, "threads": 1, "warmup_steps": 0}
POSITIVE = ("epochs", "learning_rate", "max_minutes", "beta", "flip_prob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What SFT and DPO share. `base` None = a tiny model made here; `steps` None = by `epochs` (the tiny model imitates longer); lengths in tokens.

    `base` is a Hugging Face name, a model folder, or the folder of an earlier run.
    """

    release: Path
    out: Path
    base: str | None = None
    seed: int = 0
    epochs: float = 3.0
    steps: int | None = None
    batch: int = 8
    learning_rate: float | None = None
    max_length: int = 1024
    lora: bool = False
    lora_rank: int = 8
    threads: int = 1
    max_minutes: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before anything heavy is loaded."""
        settings = asdict(self)
        for name, least in WHOLE.items():
            _whole(name, settings.get(name), least)
        for name in POSITIVE:
            _positive(name, settings.get(name))
        if not isinstance(self.lora, bool):
            raise BadInput(f"lora is {self.lora!r}; give true or false.")
        if self.base is not None and not (isinstance(self.base, str) and self.base):
            raise BadInput(f"base is {self.base!r}; give a model's name or folder, or leave it out.")

    def rate(self, stage: Stage) -> float:
        """The learning rate of a stage: as given, or the default of a tiny model, an adapter or a whole model."""
        if self.learning_rate is not None:
            return self.learning_rate
        if self.base is None:
            return TINY_IMITATION_RATE if stage == "sft" else TINY_PREFERENCE_RATE
        return LORA_RATE if self.lora else FULL_RATE

    def planned(self, stage: Stage, rows: int, given: int | None) -> int:
        """Optimiser steps of a stage: as given, or `epochs` passes over the rows."""
        if given is not None:
            return given
        by_epochs = math.ceil(self.epochs * math.ceil(rows / self.batch))
        is_speechless = self.base is None and stage == "sft"
        return max(by_epochs, TINY_IMITATION_STEPS) if is_speechless else by_epochs

    def save(self) -> None:
        """Write config.json into the run folder."""
        settings = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        (self.out / "config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class SftRun(Run):
    """Imitate: the release's corrections and demonstrations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DpoRun(Run):
    """Direct preference optimisation (Rafailov et al. 2023), with the robust loss (Chowdhury et al. 2024) for noisy labels.

    `flip_prob` is the probability that a label is the wrong way round; it acts in the robust loss only, so it chooses it.
    `warmup_steps` of imitation come first: None = by `epochs` for the tiny model, none for a given base.
    """

    beta: float = 0.1
    loss: Literal["sigmoid", "robust"] | None = None
    flip_prob: float | None = None
    warmup_steps: int | None = None

    def __post_init__(self) -> None:
        """Refuse a loss that would ignore what was measured."""
        Run.__post_init__(self)
        if self.loss not in (None, "sigmoid", "robust"):
            raise BadInput(f"loss is {self.loss!r}; use sigmoid or robust.")
        if self.flip_prob is not None and self.flip_prob >= 0.5:
            raise BadInput(f"flip_prob is {self.flip_prob}; labels that are wrong half of the time teach nothing.")
        if self.flip_prob is not None and self.loss == "sigmoid":
            raise BadInput("The sigmoid loss ignores flip_prob; use the robust loss or leave flip_prob out.")
        if self.flip_prob is None and self.loss == "robust":
            raise BadInput("The robust loss needs flip_prob, the probability that a label is the wrong way round.")

    @property
    def loss_type(self) -> Literal["sigmoid", "robust"]:
        """The loss that is used."""
        return "sigmoid" if self.flip_prob is None else "robust"


AnyRun = TypeVar("AnyRun", bound=Run)


def build(kind: type[AnyRun], config: Path | None, given: Mapping[str, Any]) -> AnyRun:
    """A run from a JSON file and what was given beside it, which wins; BadInput for unknown or unusable settings."""
    settings = {**(_read(config) if config else {}), **given}
    known = {field.name for field in fields(kind)}
    if unknown := sorted(settings.keys() - known):
        raise BadInput(f"{unknown[0]!r} is no setting of this run; it has {', '.join(sorted(known))}.")
    if missing := sorted({"release", "out"} - settings.keys()):
        raise BadInput(f"{missing[0]} is missing; give --{missing[0]} DIR.")
    return kind(**settings | {name: Path(settings[name]) for name in ("release", "out")})


def _read(config: Path) -> dict[str, Any]:
    try:
        settings = json.loads(config.read_bytes())
    except ValueError:
        raise BadInput(f"{config} is not JSON.") from None
    if not isinstance(settings, dict):
        raise BadInput(f"{config} is not a JSON object of settings.")
    return settings


def _whole(name: str, value: Any, least: int) -> None:
    if value is not None and (type(value) is not int or value < least):
        raise BadInput(f"{name} is {value!r}; give a whole number from {least} up.")


def _positive(name: str, value: Any) -> None:
    if value is not None and (type(value) not in (int, float) or not 0 < value < float("inf")):
        raise BadInput(f"{name} is {value!r}; give a number above 0.")
