"""All acceptance tests by name, found by the names of their functions: a5 is A-5."""

import importlib
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.flywheel import acceptance

Check = Callable[[int, np.random.Generator], dict[str, Any]]

NAME = re.compile(r"([ab])(\d+)")
WANTED = [f"A-{n}" for n in range(1, 9)] + [f"B-{n}" for n in range(1, 11)]
# Replications of the full version (one part of at most nine minutes) and of the quick one (a few seconds in CI).
FULL, QUICK = 300, 20
REPLICATIONS = {
    "A-1": (1, 1),
    "A-2": (1, 1),
    "A-3": (1, 1),
    "A-4": (500, 30),
    "B-1": (300, 24),
    "B-2": (1000, 16),
    "B-3": (1000, 60),
    "B-6": (200, 5),
    "B-7": (1000, 100),
    "B-10": (1, 1),
}


def checks() -> dict[str, Check]:
    """The acceptance tests there are, in order."""
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(acceptance.__path__):
        if module.name.startswith("test_"):
            continue
        for name, function in vars(importlib.import_module(f"{acceptance.__name__}.{module.name}")).items():
            if match := NAME.fullmatch(name):
                found[f"{match[1].upper()}-{match[2]}"] = function
    return {name: found[name] for name in WANTED if name in found}


def replications(name: str, *, quick: bool) -> int:
    """How often a test's world is drawn."""
    return REPLICATIONS.get(name, (FULL, QUICK))[quick]
