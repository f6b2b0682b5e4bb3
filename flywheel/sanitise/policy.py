"""What is done with each kind of finding."""

from collections.abc import Mapping
from typing import Literal

from flywheel.records import JSON, BadInput
from flywheel.sanitise.detectors import DETECTORS

Action = Literal["masked", "reported"]
MaskingPolicy = Mapping[str, Action]

KINDS = tuple(dict.fromkeys(detector.kind for detector in DETECTORS))

# An IPv4 address and a version of four parts look the same, so addresses are told of and left.
DEFAULT: MaskingPolicy = {kind: "reported" if kind == "IP" else "masked" for kind in KINDS}

_ACTIONS: dict[str, Action] = {"masked": "masked", "reported": "reported"}


def parse(value: JSON) -> MaskingPolicy:
    """The default with the settings of {kind: "masked" | "reported"} over it."""
    if not isinstance(value, dict):
        raise BadInput('A masking policy must be an object such as {"IP": "masked"}.')
    for kind, action in value.items():
        if kind not in KINDS:
            raise BadInput(f"There is no kind of finding {kind!r}; the kinds are {', '.join(KINDS)}.")
        if not isinstance(action, str) or action not in _ACTIONS:
            raise BadInput(f'{kind} must be "masked" or "reported".')
    return {**DEFAULT, **{kind: _ACTIONS[action] for kind, action in value.items()}}
