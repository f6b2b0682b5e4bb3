"""The version of the code that made a result: the package's version and, in a checkout, its commit."""

import subprocess
from functools import cache
from pathlib import Path

VERSION = "0.1.0"


@cache
def code_version() -> str:
    """ "0.1.0+abc1234", or "0.1.0" where there is no git checkout."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return VERSION
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=False
    )
    return f"{VERSION}+{found.stdout.strip()}" if found.returncode == 0 else VERSION
