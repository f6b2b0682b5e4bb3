"""Keeping children alive, and ending them: with real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from annotation.supervisor import Service, Supervisor

ROOT = Path(__file__).resolve().parents[2]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_for(condition: Callable[[], bool], *, tend: Callable[[], None] = lambda: None) -> bool:
    """Whether it came true within ten seconds."""
    for _ in range(200):
        tend()
        if condition():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid: int) -> bool:
    stat = Path("/proc", str(pid), "stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_output_is_named_and_a_dead_child_is_started_again_after_a_pause():
    said: list[tuple[str, str]] = []
    service = Service(name="web", command=python("import os, time; print(os.getpid()); time.sleep(60)"))
    supervisor = Supervisor([service], say=lambda name, line: said.append((name, line)))
    assert wait_for(lambda: len(said) == 1)

    os.kill(int(said[0][1]), signal.SIGKILL)
    restarted = wait_for(lambda: len(said) == 3, tend=supervisor.tend)

    supervisor.stop()
    assert restarted
    assert said[1] == ("web", "ended with code -9; starting again in 0.5 s")
    assert said[2][1] != said[0][1]


def test_a_child_that_keeps_dying_is_started_ever_more_seldom():
    said: list[str] = []
    supervisor = Supervisor([Service(name="sick", command=["false"])], say=lambda _, line: said.append(line))

    waited = wait_for(lambda: len(said) == 3, tend=supervisor.tend)

    supervisor.stop()
    assert waited
    assert [line.split(" in ")[1] for line in said] == ["0.5 s", "1 s", "2 s"]


def test_a_child_that_is_to_end_is_left_ended():
    said: list[str] = []
    supervisor = Supervisor(
        [Service(name="once", command=["true"], is_lasting=False)], say=lambda _, line: said.append(line)
    )

    wait_for(lambda: supervisor.children[0].is_over, tend=supervisor.tend)

    assert supervisor.children[0].is_over
    assert said == []
    supervisor.stop()


def test_stop_ends_children_and_grandchildren():
    said: list[str] = []
    code = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid); time.sleep(60)"
    supervisor = Supervisor([Service(name="long", command=python(code))], say=lambda _, line: said.append(line))
    assert wait_for(lambda: len(said) == 1)

    supervisor.stop()

    assert wait_for(lambda: not is_alive(int(said[0])))
    assert supervisor.children[0].process.poll() is not None


def test_children_end_when_the_parent_is_killed():
    code = (
        "import time; from annotation.supervisor import Service, Supervisor;"
        "Supervisor([Service(name='x', command=['sh', '-c', 'echo $$; exec sleep 60'])], say=lambda n, line: print(line, flush=True));"
        "time.sleep(60)"
    )
    parent = subprocess.Popen(python(code), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_alive(child)

    parent.kill()
    parent.wait()

    assert wait_for(lambda: not is_alive(child))
