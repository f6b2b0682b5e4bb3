"""Real training on two cores: every test starts `python -m flywheel` as everybody does."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flywheel.__main__ import main
from flywheel.datasets import release
from flywheel.datasets.rows import JudgedPair, Rows, build
from tests.flywheel.training import planted

pytestmark = pytest.mark.training
pytest.importorskip("trl", reason="training needs torch and TRL")

ENVIRONMENT = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
SHORT = ("--steps", "40", "--warmup-steps", "40", "--max-length", "128")


def train(*words):
    command = [sys.executable, "-m", "flywheel", "train-dpo", *map(str, words), *SHORT]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return planted.write(tmp_path_factory.mktemp("release") / "planted")


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    train("--release", folder, "--out", out)
    return out


def test_a_planted_preference_is_learnt_and_the_run_folder_tells_how(folder, trained):
    result, logged = json.loads((trained / "result.json").read_text()), lines(trained / "metrics.jsonl")

    assert result["metrics"]["eval_rewards/accuracies"] >= 0.95
    assert (result["status"], result["rows_dropped"]) == ("done", [])
    assert result["rows_in"] == result["rows_used"] == len(lines(folder / "preference/train.jsonl"))
    assert result["release"]["id"] == release.read_manifest(folder).id
    assert [stage["stage"] for stage in result["stages"]] == ["sft", "dpo"]
    assert {"rewards/margins", "rewards/accuracies", "loss", "step", "seconds"} <= logged[-3].keys()
    assert list(result["digests"]) == ["model/model.safetensors"]
    assert not [path for path in trained.rglob("*") if path.suffix in (".bin", ".pt", ".pkl")]
    assert json.loads((trained / "config.json").read_text())["max_length"] == 128


def test_the_same_seed_gives_the_same_weights(folder, trained, tmp_path):
    train("--release", folder, "--out", tmp_path / "again")

    first, again = (json.loads((run / "result.json").read_text())["digests"] for run in (trained, tmp_path / "again"))
    assert first == again


def test_a_release_loads_with_datasets_and_trains_in_a_bare_trl_script_unchanged(folder, trained, tmp_path):
    script = [sys.executable, Path(__file__).with_name("bare_trl.py"), folder, trained / "model", tmp_path]
    done = subprocess.run(
        script, capture_output=True, text=True, env=ENVIRONMENT | {"PYTHONWARNINGS": "ignore"}, check=False
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for kind in ("preference", "sft"):
        assert found[kind]["unchanged"]
        assert found[kind]["steps"] == 3
        assert found[kind]["rows"] == len(lines(folder / kind / "train.jsonl"))
    assert "<|system|>find(order, on)" in found["sft"]["text"]
    assert "not a prefix" not in done.stderr


def test_an_adapter_is_trained_on_noisy_labels_and_long_rows_are_dropped_by_name(tmp_path):
    made = planted.rows(n_demonstrations=0)
    task = made.preference[0].task
    long = JudgedPair(
        pair_id="long", task=task, messages_a=[planted.asks(1), planted.says("x")], label="a",
        messages_b=[planted.asks(1), planted.says("y")], tools=planted.TOOLS * 40,
    )  # fmt: skip
    made.preference.extend(build([long]).preference)
    spec = release.ReleaseSpec(name="noisy")
    release.write(tmp_path / "r", rows=Rows(preference=made.preference), spec=spec)

    train("--release", tmp_path / "r", "--out", tmp_path / "run", "--lora", "--flip-prob", "0.1")
    asked = ["--policy", str(tmp_path / "run"), "--prompts", str(_prompts(tmp_path)), "--temperature", "1"]
    for name in ("answers.jsonl", "again.jsonl"):
        assert main(["generate", *asked, "--out", str(tmp_path / name)]) == 0

    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["rows_dropped"] == [{"id": "long", "reason": "prompt_too_long"}]
    assert {"adapter/adapter_model.safetensors", "base/model.safetensors"} == set(result["digests"])
    assert result["metrics"]["eval_rewards/accuracies"] >= 0.9
    assert [answer["id"] for answer in lines(tmp_path / "answers.jsonl")] == ["q1", "q2"]
    assert lines(tmp_path / "answers.jsonl") == lines(tmp_path / "again.jsonl")
    assert all(answer["message"]["role"] == "assistant" for answer in lines(tmp_path / "answers.jsonl"))


def test_score_finds_the_chosen_answers_likelier_than_the_rejected(trained, folder, tmp_path):
    pairs = lines(folder / "preference/test.jsonl")
    asked = [
        {
            "id": f"{row['pair_id']} {side}",
            "prompt": row["prompt"],
            "answer": row[side][0],
            "tools": json.loads(row["tools"]),
        }
        for row in pairs
        for side in ("chosen", "rejected")
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))

    assert main(["score", "--base", str(trained), str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 0

    scored = {row["id"]: row for row in lines(tmp_path / "out.jsonl")}
    better = [
        scored[f"{row['pair_id']} chosen"]["mean_logprob"] > scored[f"{row['pair_id']} rejected"]["mean_logprob"]
        for row in pairs
    ]
    assert sum(better) >= 0.9 * len(better)
    assert all(row["tokens"] > 0 and row["mean_logprob"] < 0 for row in scored.values())


def test_a_stopped_run_says_that_it_was_cancelled(folder, tmp_path):
    command = [
        sys.executable,
        "-m",
        "flywheel",
        "train-dpo",
        "--release",
        folder,
        "--out",
        tmp_path / "run",
        "--steps",
        "100000",
    ]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    waited_until = time.monotonic() + 60
    while not (tmp_path / "run/metrics.jsonl").exists() and time.monotonic() < waited_until:
        time.sleep(0.1)

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=30) == 1
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert (result["status"], result["error"]) == ("cancelled", "The run was stopped by SIGTERM.")


def test_nothing_left_to_train_on_is_bad_input_and_recorded(folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train-dpo", "--release", str(folder), "--out", str(out), "--max-length", "16"]) == 2

    result = json.loads((out / "result.json").read_text())
    sentence = "No preference row is left to train on with max_length 16 (prompt_too_long)"
    assert sentence in capsys.readouterr().err
    assert sentence in result["error"]
    assert (result["status"], result["rows_used"]) == ("failed", 0)
    assert len(result["rows_dropped"]) == result["rows_in"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--loss", "sigmoid", "--flip-prob", "0.1"], "sigmoid loss ignores flip_prob"),
        (["--loss", "robust"], "needs flip_prob"),
        (["--flip-prob", "0.5"], "teach nothing"),
        (["--batch", "0"], "batch is 0"),
        (["--learning-rate", "nan"], "learning_rate is nan"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_is_loaded(words, sentence, tmp_path, capsys):
    assert main(["train-dpo", "--release", "r", "--out", str(tmp_path / "run"), *words]) == 2

    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def _prompts(folder):
    path = folder / "prompts.jsonl"
    rows = [{"id": "q1", "prompt": [planted.asks(7)], "tools": planted.TOOLS}, {"id": "q2", "prompt": "Where is it?"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
