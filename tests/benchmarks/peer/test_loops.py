"""The benchmark of loops runs to its end on a small queue, so that it cannot rot."""

import json
import os
import subprocess
import sys

import pytest

from tests.benchmarks.peer import evidence, verdict

SMALL = ["--items", "200", "--people", "2", "--rounds", "1", "--seconds", "1", "--write"]


@pytest.mark.slow
def test_every_system_is_measured_on_a_small_queue(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.loops", *SMALL],
        cwd=evidence.ROOT, env=os.environ | {"FLYWHEEL_EVIDENCE": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip

    part = json.loads((tmp_path / "loops.json").read_text())["parts"]["200"]
    systems = {name: result for point in part["points"] for name, result in point["systems"].items()}
    assert set(systems) == {"bare", "flywheel-api", "flywheel-pages", "flywheel-api-in-two"}, done.stderr
    assert all(result["submit"]["n"] and result["app_cpu_ms"] for result in systems.values())
    assert part["pages_per_claim"] > 0


def test_a_slow_point_and_uneven_pages_are_told():
    slow = {"ratio": 0.4, "submit": {"n": 9, "p95_ms": 151.0}}
    point = {"people": 32, "systems": {"flywheel-api": slow, "bare": {"ratio": 1.0, "submit": {"n": 9}}}}
    parts = {
        "10": {"points": [point], "idle_mb": {"flywheel": 221.0}, "pages_per_claim": 50.0},
        "20": {"points": [], "idle_mb": {"flywheel": 90.0}, "pages_per_claim": 61.0},
    }

    said = verdict.misses(parts, only=["10"])

    assert [sentence.split(":")[1][:6] for sentence in said[:3]] == [" 0.40 ", " p95 f", " idle "]
    assert said[3].startswith("pages per claim differ 1.22-fold")
