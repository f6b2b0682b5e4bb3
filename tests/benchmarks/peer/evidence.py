"""Evidence files: what was measured, of which code, on which machine; one part of a benchmark does not erase another."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("FLYWHEEL_EVIDENCE", ROOT / "docs" / "evidence"))


def git(*words: str) -> str:
    """What git says about this checkout."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def code(*folders: str) -> dict[str, Any]:
    """What is about to be measured, with the uncommitted files of these folders (by default of the product)."""
    watched = folders or ("annotation", "flywheel")
    return {
        "commit": git("rev-parse", "HEAD"),
        "uncommitted": git("status", "--porcelain", "--untracked-files=no", *watched).splitlines(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def machine() -> dict[str, Any]:
    """What it is measured on."""
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {
        "cores": os.cpu_count(),
        "cpu": model.partition(": ")[2],
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def read(name: str) -> dict[str, Any]:
    """The evidence so far."""
    path = FOLDER / name
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def write(name: str, found: dict[str, Any]) -> None:
    """Keep the evidence."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
