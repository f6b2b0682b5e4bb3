"""The set-up: a small project is really installed, offline, from wheels planted for the test."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation import bootstrap

REAL_UV = Path(sys.executable).parent / "uv"
FILES = {
    "annotation/requirements-install.txt": "uv==0.0.1\n",
    "annotation/requirements.txt": "site-part==1.0  # a reason\n",
    "flywheel/requirements-core.txt": "core-part==1.0\n",
    "flywheel/requirements-weights.txt": "weights-part==1.0\n",
    "flywheel/requirements.txt": "-r requirements-core.txt\ntorch==2.13.0\n",
    "requirements-dev.txt": "dev-part==1.0\n",
}


def plant_wheel(folder: Path, name: str, version: str, *, needs: str = "", script: str = "") -> None:
    """A wheel with one empty module, and a script of the same name if given."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{module}-{version}.data/scripts/{name}"] = script
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o100755 << 16  # pip marks regular executable files only
            wheel.writestr(entry, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))


class Project:
    """A checkout in miniature, with the real bootstrap and wheels of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.wheels = root / "checkout", root / "wheels"
        for name, text in FILES.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        shutil.copy(bootstrap.__file__, self.root / "annotation" / "bootstrap.py")
        self.wheels.mkdir()
        plant_wheel(self.wheels, "uv", "0.0.1", script=f'#!/bin/sh\nexec "{REAL_UV}" "$@"\n')
        for name in ("site-part", "core-part", "dev-part"):
            plant_wheel(self.wheels, name, "1.0")
        plant_wheel(self.wheels, "weights-part", "1.0", needs="never-installed")

    def start(self, *options: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        command = [sys.executable, "-I", "annotation/bootstrap.py", *options]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.root, env=environment, **streams)

    def run(self, *options: str) -> tuple[int, str, str]:
        process = self.start(*options)
        said, complaint = process.communicate(timeout=120)
        return process.returncode, said, complaint

    def installed(self) -> set[str]:
        return {
            path.name.removesuffix(".dist-info")
            for path in self.root.glob(".venv/lib/python*/site-packages/*.dist-info")
        }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Installed once: making a virtual environment is most of these tests' time."""
    project = Project(tmp_path_factory.mktemp("bootstrap"))
    project.first = project.run()
    return project


@pytest.fixture
def project(template: Project) -> Iterator[Project]:
    """The installed project, put back as it was afterwards (a copy elsewhere would be a moved checkout)."""
    wheels = {path.name for path in template.wheels.iterdir()}
    yield template
    for name, text in FILES.items():
        (template.root / name).write_text(text)
    for path in template.wheels.iterdir():
        if path.name not in wheels:
            path.unlink()
    template.run()


def test_a_fresh_checkout_is_installed_with_progress_and_the_weights_bring_nothing_along(template):
    code, said, complaint = template.first

    assert (code, complaint) == (0, "")
    assert [line.split("]")[0] for line in said.splitlines() if line.startswith("[")] == [
        "[1/4",
        "[2/4",
        "[3/4",
        "[4/4",
    ]
    assert template.installed() >= {"site_part-1.0", "core_part-1.0", "weights_part-1.0"}


def test_the_second_time_there_is_nothing_to_do_and_nothing_is_said(project):
    assert project.run() == (0, "", "")


def test_only_the_stage_whose_files_changed_is_installed_again(project):
    plant_wheel(project.wheels, "site-part", "1.1")
    (project.root / "annotation/requirements.txt").write_text("site-part==1.1\n")

    code, said, _ = project.run()

    assert code == 0
    assert said.startswith("[1/1] installing site: 2 pinned")
    assert "site_part-1.1" in project.installed()


def test_what_cannot_be_had_is_one_sentence_with_the_mend(project):
    (project.root / "annotation/requirements.txt").write_text("no-such-part==1.0\n")

    code, _, complaint = project.run()

    assert code == 1
    assert complaint.startswith("Installing site failed (")
    assert "no-such-part" in complaint
    assert complaint.endswith(".flywheel/install.log.\n")
    assert complaint.count("\n") == 1


def test_two_at_once_take_turns(project):
    plant_wheel(project.wheels, "site-part", "1.1")
    (project.root / "annotation/requirements.txt").write_text("site-part==1.1\n")

    both = [project.start(), project.start()]
    said = sorted(process.communicate(timeout=60)[0] for process in both)

    assert [process.returncode for process in both] == [0, 0]
    assert sum("[1/1] installing site" in text for text in said) == 1


def test_a_moved_checkout_gets_a_new_virtual_environment(tmp_path, template):
    moved = Project.__new__(Project)
    moved.root, moved.wheels = tmp_path / "moved", template.wheels
    shutil.copytree(template.root, moved.root, symlinks=True)

    code, said, _ = moved.run()

    assert code == 0
    assert said.startswith("[1/4] making .venv")
    assert str(moved.root) in (moved.root / ".venv/bin/pip").read_text().splitlines()[0]


@pytest.mark.skipif(bootstrap.has_gpu(), reason="on a machine with a GPU the other build is right")
def test_without_a_gpu_the_cpu_build_of_torch_is_taken_and_the_check_knows_when_it_was_not(project):
    plant_wheel(project.wheels, "nvidia-libs", "1.0")
    plant_wheel(project.wheels, "torch", "2.13.0", needs="nvidia-libs")

    only_gpu_build = project.run("--training")
    check_when_no_other_could_be_had = project.run("--check")
    plant_wheel(project.wheels, "torch", "2.13.0+cpu")
    check_when_one_could = project.run("--check")
    (project.root / "flywheel/requirements.txt").write_text("torch==2.13.0\n# changed\n")
    cpu_build = project.run("--training")

    assert only_gpu_build[0] == 0
    assert "about 3 GB" in only_gpu_build[1]
    assert check_when_no_other_could_be_had == (0, "", "")
    assert check_when_one_could[0] == 1
    assert check_when_one_could[2].startswith("1 NVIDIA packages are installed without a GPU")
    assert cpu_build[0] == 0
    assert "torch-2.13.0+cpu" in project.installed()


def test_pips_configuration_reaches_uv(monkeypatch):
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://one.example/simple https://two.example/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "/some/wheels")
    monkeypatch.setenv("PIP_CERT", "/some/cert.pem")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    options, environment = bootstrap._pip_configuration()

    text = " ".join(options)
    assert "--index https://one.example/simple --index https://two.example/simple" in text
    assert "--find-links /some/wheels" in text
    assert "--index-strategy unsafe-best-match" in text
    assert environment["SSL_CERT_FILE"] == "/some/cert.pem"


def test_a_python_without_ensurepip_is_one_sentence_with_the_mend(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "installed.json")
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(bootstrap.Stop, match=r"run `apt-get install python3\.\d+-venv` \(as root\)"):
        bootstrap._make_venv()


def test_an_old_python_without_a_newer_one_is_one_sentence_with_the_mend(monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)

    with pytest.raises(bootstrap.Stop, match=r"Python 3\.11 or newer is needed and python3 here is"):
        bootstrap._hand_over_to_newer_python()


def test_make_names_a_missing_python():
    done = subprocess.run(["make", "run", "PYTHON=/no/python"], cwd=bootstrap.ROOT, capture_output=True, text=True)

    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith(
        "Python 3.11 or newer is needed: run 'apt-get install python3 python3-venv'"
    )
