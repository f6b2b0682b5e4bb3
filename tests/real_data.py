"""Where the published data sets lie that tests check figures against."""

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).resolve().parents[1] / "../shared/data"


def real_data(name: str) -> Path:
    """The folder of one data set; skips the test if it is not there (set FLYWHEEL_REAL_DATA to the folder of all)."""
    folder = Path(os.environ.get("FLYWHEEL_REAL_DATA", DEFAULT)) / name
    if not folder.exists():
        pytest.skip(f"real data {name!r} not found in {folder.parent}; set FLYWHEEL_REAL_DATA")
    return folder
